"""The neuromorphic core: board-independent gateware in Amaranth."""

from amaranth.hdl import Mux, Value

from snnsim.contract.arithmetic import select

# The contract's rules, given Amaranth values, elaborate into gates.
select.register(Value, Mux)
