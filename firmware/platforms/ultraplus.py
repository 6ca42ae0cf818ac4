"""What boards with an iCE40UP5K share: 30 block RAMs, 4 blocks of single-port RAM, 8 multipliers."""

from snnsim.contract import CoreConfig, Formats

# At these widths, a neuron's parameters are 144 bits and a row descriptor 32: with all that the rest takes,
# they fill the 30 block RAMs.
CONFIG = CoreConfig(
    formats=Formats(state_width=22, drive_width=22, decay_bits=12, refractory_width=7),
    neurons=256, inputs=128, lanes=4, delay_slots=4, synapse_words=16384, rows=511, max_regions=8,
    read_registers=0, receive_words=128, event_buffer=128, spike_buffer=128)

SYNTHESIS = "-dsp -abc9 -device u"
