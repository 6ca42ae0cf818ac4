"""`snnsim compile`."""

import typer

from .networks import compiled, core_config


def compile(network, output, core):
    compilation = compiled(network, core_config(core) if core is not None else None)
    image = compilation.image
    typer.echo(f"{compilation.report}\n")
    image.save(output)
    typer.echo(f"wrote {output}: {image.n_neurons:,} neurons, {image.n_inputs:,} inputs, "
               f"{image.n_synapses:,} synapses, digest {image.digest[:16]}")
