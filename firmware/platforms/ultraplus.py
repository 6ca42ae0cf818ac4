"""What boards with an iCE40UP5K share: 30 block RAMs, 4 blocks of single-port RAM, 8 multipliers."""

from snnsim.contract import CoreConfig, Formats

CONFIG = CoreConfig(
    formats=Formats(decay_bits=12), neurons=256, inputs=128, lanes=4, delay_slots=4,
    synapse_words=16384, rows=512, receive_words=128, event_buffer=64, spike_buffer=64)

SYNTHESIS = "-dsp -abc9 -device u"
