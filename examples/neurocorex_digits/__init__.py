"""Handwritten digits, learned on the core from a teacher: an experiment of NeuroCoreX (arXiv 2506.14138).

    python -m examples.neurocorex_digits --help
"""
