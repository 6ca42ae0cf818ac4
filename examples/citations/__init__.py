"""Papers find their topic among those that they cite: a citation graph as a network that learns, the second
experiment of NeuroCoreX (arXiv 2506.14138).

    python -m examples.citations --help
"""
