"""Pure functions over text: sentences with offsets, stems, support of a claim.

May import core only.
"""
