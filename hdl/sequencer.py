"""The order of a time step: sweep the neurons, deliver the spikes, deliver the input events."""

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, fifo, stream, wiring
from amaranth.lib.wiring import In, Out

from snnsim.contract.layout import row_layout
from snnsim.contract.packets import EVENT, LARGEST_RUN, Flag, report_words
from snnsim.contract.terms import LARGEST_RULE

from .memory import address_width
from .shapes import struct_of

#: Bits of the counter of clocks spent waiting: three hours at 100 MHz, in a single run.
_WAITED_WIDTH = 40
#: Clocks in which a row that learns is set up, more than it ever takes.
_LONGEST_SETUP = 128
_STEP_WIDTH = LARGEST_RUN.bit_length()
#: Bits that count what saturates in a clock: at most one of each lane, three of a neuron, and three more.
SATURATIONS_WIDTH = 4


def event_count_width(config):
    """Bits that count the input events of a run: each input has at most one in a step, and there is at most
    one command."""
    return _STEP_WIDTH + address_width(config.inputs + (1 if config.learns else 0))


def _spike_count_width(config):
    """Bits that count the spikes of a run, or its saturations."""
    return _STEP_WIDTH + address_width(config.neurons)


def _step_clocks_width(config):
    """Bits that count the clocks of a step without waiting: twice a sweep and every row."""
    row = next(f for f in row_layout(config).fields if f.name == "length").format.hi + 4
    learning = config.plastic_rows * _LONGEST_SETUP
    if config.learns:
        learning += LARGEST_RULE * config.synapse_words
    return (2 * (config.neurons + config.rows * row + learning)).bit_length()


class Sequencer(wiring.Component):
    """Runs ``run_steps`` steps after ``start``, one phase after the other.

    A step sweeps the active regions, hands the spikes to ``spikes`` and to ``rows``, then the rows of
    the input events of the step, and ends when ``delivering`` is low. It waits for ``events`` until
    ``run_events`` have come, and for room in ``spikes``; nothing is ever dropped.

    ``stop`` ends the run after the step; a step that waits for events ends without them.
    ``rewind`` sets the time to 0. ``report`` has the words of `packets.report_words`.

    In a core that learns, ``prepare`` comes before the first step, ``learn`` after all of a step has been
    delivered, and both last until ``learning`` is low; ``any_post`` says whether any neuron fired,
    ``commanded`` whether the host commands it to learn. ``clips`` and ``saturations`` are counted. In one
    whose thresholds adapt only the latter are. ``time`` counts steps where the core learns or has noise.
    """

    def __init__(self, config):
        self._config = config
        neuron = address_width(config.neurons)
        event = struct_of(EVENT)
        super().__init__({
            "start": In(1), "run_steps": In(_STEP_WIDTH), "run_events": In(event_count_width(config)),
            "stop": In(1), "rewind": In(1),
            "events": In(stream.Signature(event)),
            "spikes": Out(stream.Signature(event)),
            "rows": Out(stream.Signature(address_width(config.rows))),
            "delivering": In(1),
            "active": In(config.regions),
            "swept": Out(1),
            "slot": Out(range(config.delay_slots)),
            "sweep_valid": Out(1), "sweep_neuron": Out(neuron),
            "updating": In(1),
            "fired": In(1), "fired_neuron": In(neuron),
            "i_saturates": In(1), "v_saturates": In(1),
            "running": Out(1), "waiting": Out(1),
            "report": Out(data.ArrayLayout(32, len(report_words(config)))),
            **_learning_ports(config),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.fired = self._fired = fifo.SyncFIFOBuffered(
            width=address_width(self._config.neurons), depth=self._config.neurons)
        m.d.comb += [self._fired.w_en.eq(self.fired), self._fired.w_data.eq(self.fired_neuron)]

        self._stopping, self._step_ends, self._takes_event = Signal(), Signal(), Signal()
        self._learns = Signal()
        self._flags = {flag: Signal(name=f"flag_{flag.name.lower()}") for flag in Flag}
        m.d.comb += self._flags[Flag.RUNNING].eq(self.running)
        self._elaborate_counters(m)
        self._elaborate_next_event(m)

        with m.If(self.stop & self.running):
            m.d.sync += self._stopping.eq(1)
        with m.If(self.rewind):
            m.d.sync += self.slot.eq(0)
        if self._config.learns or self._config.draws:
            self._elaborate_time(m)
        if self._config.learns:
            self._elaborate_causes(m)
        with m.FSM() as fsm:
            with m.State("IDLE"):
                with m.If(self.start):
                    m.d.sync += [self.running.eq(1), self._stopping.eq(0)]
                    m.d.sync += [flag.eq(0) for name, flag in self._flags.items() if name != Flag.RUNNING]
                    m.next = "PREPARE" if self._config.learns else "BEGIN"
            self._elaborate_sweep(m)
            self._elaborate_events(m)
            if self._config.learns:
                self._elaborate_learning(m, fsm)
            else:
                with m.State("SETTLE"):
                    with m.If(~self.delivering):
                        self._end_step(m)
        return m

    def _end_step(self, m):
        m.d.comb += self._step_ends.eq(1)
        m.d.sync += self.slot.eq(self.slot + 1)
        m.next = "BEGIN"

    def _elaborate_time(self, m):
        """The number of the step since time was set to 0."""
        with m.If(self._step_ends):
            m.d.sync += self.time.eq(self.time + 1)
        with m.If(self.rewind):
            m.d.sync += self.time.eq(0)

    def _elaborate_causes(self, m):
        """What a step's learning depends on."""
        with m.If(self.fired):
            m.d.sync += self.any_post.eq(1)
        with m.If(self._step_ends):
            m.d.sync += [self.any_post.eq(0), self.commanded.eq(0)]
        with m.If(self.start):
            m.d.sync += [self.any_post.eq(0), self.commanded.eq(0)]

    def _elaborate_learning(self, m, fsm):
        with m.State("PREPARE"):
            m.d.comb += self.prepare.eq(1)
            m.next = "PREPARED"
        with m.State("PREPARED"):
            with m.If(~self.learning):
                m.next = "BEGIN"
        with m.State("SETTLE"):
            with m.If(~self.delivering):
                m.d.comb += self.learn.eq(1)
                m.next = "LEARN"
        with m.State("LEARN"):
            with m.If(~self.learning):
                self._end_step(m)
        m.d.comb += self._learns.eq(fsm.ongoing("LEARN"))

    def _elaborate_sweep(self, m):
        config = self._config
        todo = Signal(config.regions)
        first = Signal(range(config.regions))
        size_bits = (config.region_neurons - 1).bit_length()
        # The lowest region of those to do: neurons spike in the order of their numbers.
        lowest = 0
        for k in reversed(range(config.regions)):
            lowest = Mux(todo[k], k, lowest)
        m.d.comb += first.eq(lowest)
        with m.State("BEGIN"):
            m.d.sync += todo.eq(self.active)
            m.next = "SELECT"
            with m.If(self._stopping | (self._steps == self.run_steps)):
                m.d.sync += [self.running.eq(0), self._flags[Flag.STOPPED].eq(self._stopping)]
                m.next = "IDLE"
        with m.State("SELECT"):
            m.d.sync += [
                self.sweep_neuron.eq(first << size_bits),
                todo.bit_select(first, 1).eq(0),
            ]
            m.next = "SWEEP"
            with m.If(todo == 0):
                m.next = "DRAIN"
        with m.State("SWEEP"):
            m.d.comb += self.sweep_valid.eq(1)
            m.d.sync += self.sweep_neuron.eq(self.sweep_neuron + 1)
            is_last = Cat(self.sweep_neuron[:size_bits]).all() | (self.sweep_neuron == config.neurons - 1)
            with m.If(is_last):
                m.next = "SELECT"
        with m.State("DRAIN"):
            with m.If(~self.updating):
                m.d.comb += self.swept.eq(1)
                m.next = "SPIKES"

    def _elaborate_events(self, m):
        fired, rows = self._fired, self.rows
        event, is_event = self._event, self._is_event
        event_row = self._config.neurons + event.id
        is_known = event.id < self._config.inputs
        is_command = (event.id == self._config.inputs) if self._config.learns else Const(0)
        m.d.comb += [self.spikes.p.step.eq(self._steps), self.spikes.p.id.eq(fired.r_data)]
        with m.State("SPIKES"):
            m.d.comb += [
                rows.payload.eq(fired.r_data),
                rows.valid.eq(fired.r_rdy & self.spikes.ready),
                self.spikes.valid.eq(fired.r_rdy & rows.ready),
                fired.r_en.eq(rows.valid & rows.ready),
                self.waiting.eq(fired.r_rdy & ~self.spikes.ready),
            ]
            with m.If(fired.level == 0):
                m.next = "EVENTS"
        with m.State("EVENTS"):
            m.d.comb += rows.payload.eq(event_row)
            with m.If(self._events == self.run_events):
                m.next = "SETTLE"
            with m.Elif(~is_event):
                m.d.comb += self.waiting.eq(1)
                with m.If(self._stopping):
                    m.next = "SETTLE"
            with m.Elif((event.step < self._steps) | ~(is_known | is_command)):
                m.d.comb += self._takes_event.eq(1)
                m.d.sync += self._flags[Flag.BAD_EVENT].eq(1)
            with m.Elif((event.step == self._steps) & is_command):
                m.d.comb += self._takes_event.eq(1)
                if self._config.learns:
                    m.d.sync += self.commanded.eq(1)
            with m.Elif(event.step == self._steps):
                m.d.comb += [rows.valid.eq(1), self._takes_event.eq(rows.ready)]
            with m.Else():
                m.next = "SETTLE"

    def _elaborate_next_event(self, m):
        """The next input event in a register, away from the memory it was in, and whether there is one."""
        events = self.events
        self._event, self._is_event = Signal.like(events.payload), Signal()
        m.d.comb += events.ready.eq(~self._is_event | self._takes_event)
        with m.If(events.ready):
            m.d.sync += [self._event.eq(events.payload), self._is_event.eq(events.valid)]
        with m.If(self.start):  # an event that a stopped run left
            m.d.sync += self._is_event.eq(0)

    def _elaborate_counters(self, m):
        config = self._config
        self._steps, self._events = Signal(_STEP_WIDTH), Signal(event_count_width(config))
        spikes, i_saturations, v_saturations = (Signal(_spike_count_width(config)) for _ in range(3))
        step_clocks, clocks_max = Signal(_step_clocks_width(config)), Signal(_step_clocks_width(config))
        clocks, waited = Signal(_STEP_WIDTH + len(step_clocks)), Signal(_WAITED_WIDTH)
        # What is delivered meanwhile is work, whoever else is waited for.
        waits, works = Signal(), Signal()
        m.d.comb += [waits.eq(self.waiting & ~self.delivering), works.eq(self.running & ~waits)]
        counted = [
            (self._steps, self._step_ends),
            (spikes, self.spikes.valid & self.spikes.ready),
            (self._events, self._takes_event),
            (clocks, works),
            (waited, waits),
            (i_saturations, self.i_saturates),
            (v_saturations, self.v_saturates),
        ]
        for counter, condition in counted:
            m.d.sync += counter.eq(counter + condition)
        m.d.sync += step_clocks.eq(step_clocks + works)
        with m.If(self._step_ends):
            m.d.sync += step_clocks.eq(0)
            with m.If(step_clocks >= clocks_max):
                m.d.sync += clocks_max.eq(step_clocks + 1)
        with m.If(self.start):
            m.d.sync += [counter.eq(0) for counter, _ in counted]
            m.d.sync += [step_clocks.eq(0), clocks_max.eq(0)]
        learned = self._elaborate_learning_counters(m)
        words = {
            "flags": Cat(self._flags.values()), "steps": self._steps, "spikes": spikes,
            "events": self._events, "clocks_low": clocks[:32], "clocks_high": clocks[32:],
            "clocks_max": clocks_max, "waited_low": waited[:32], "waited_high": waited[32:],
            "i_saturations": i_saturations, "v_saturations": v_saturations, **learned,
        }
        names = report_words(self._config)
        m.d.comb += [word.eq(words.get(name, 0)) for word, name in zip(self.report, names, strict=True)]

    def _elaborate_learning_counters(self, m):
        """The words of the report that only a core has that adapts or learns."""
        counted = {}
        if self._config.learns:
            counted |= {"learn_clocks": self._learns, "weight_clips": self.clips}
        if self._config.learns or self._config.adaptive:
            counted["learning_saturations"] = self.saturations
        words = {}
        for name, increment in counted.items():
            counter = Signal(_WAITED_WIDTH, name=name)
            m.d.sync += counter.eq(counter + increment)
            with m.If(self.start):
                m.d.sync += counter.eq(0)
            words |= {f"{name}_low": counter[:32], f"{name}_high": counter[32:]}
        return words


def _learning_ports(config):
    """The ports that only a core has that adapts, learns or has noise."""
    ports = {"saturations": In(SATURATIONS_WIDTH)} if config.learns or config.adaptive else {}
    if config.learns or config.draws:
        ports["time"] = Out(32)
    if not config.learns:
        return ports
    return {"prepare": Out(1), "learn": Out(1), "learning": In(1), "any_post": Out(1), "commanded": Out(1),
            "clips": In(range(config.lanes + 1)), **ports}
