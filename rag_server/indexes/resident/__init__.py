"""What is kept in memory of each collection: which chunks there are, the metadata of their
documents as columns, and as many vectors as fit."""
