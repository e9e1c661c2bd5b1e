"""Parsing in processes of its own: what a hostile file does to its parser stays there.

The server starts workers (`pool`, `process`), which import little, bound themselves
(`confinement`) and serve one document after the other (`worker`) over a socket (`channel`).
"""
