"""What the experiments need of machines beside running them."""


def loaded(machine, image):
    """The machine with another image: a board is loaded anew, a simulator made anew."""
    return machine.load(image) if hasattr(machine, "load") else type(machine)(image)


def title(name):
    """What to call the machine that the command line calls ``name``."""
    return "virtual board" if name == "virtual" else name
