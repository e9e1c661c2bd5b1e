"""Self-query: conditions on metadata that a question states become filters.

The deterministic understander is a line of small steps over the words of a question:
words -> numbers, dates, comparators -> links to fields and values -> conditions -> lists,
"or" and negation -> clauses with confidences -> the question without them.
"""
