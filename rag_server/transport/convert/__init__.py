"""Pure functions between protobuf messages and the core's values, a few lines each."""
