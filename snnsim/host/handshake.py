"""Who is at the other end: a core of this protocol and contract, or a clear refusal."""

from snnsim.contract import CONTRACT_VERSION, ConfigError
from snnsim.contract.packets import CAPABILITY, MAGIC, PROTOCOL_VERSION, config_of

from .protocol import capability_of
from .transport import DriverError


def greet(transport):
    """Restart the numbering and return ``(CoreConfig, identity)`` of the core.

    Raises `DriverError` if nobody answers, or somebody else does: another magic number, another
    version of the protocol or of the contract, or a description that its digest does not confirm.
    """
    name = transport.link.name
    capability = capability_of(transport.hello())
    _check_versions(name, capability)
    if len(capability) < len(CAPABILITY):
        raise DriverError(f"{name} describes itself in {len(capability)} words instead of {len(CAPABILITY)}: "
                          "build its bitstream again")
    try:
        config = config_of(capability)
    except ConfigError as error:
        raise DriverError(f"{name} describes a core that cannot be: {error}; build its bitstream "
                          "again") from None
    digest = f"{capability['digest_high']:08x}{capability['digest_low']:08x}"
    if digest != config.digest[:16]:
        raise DriverError(f"{name} has digest {digest}, its description {config.digest[:16]}: the bitstream "
                          "and this snnsim describe cores differently; build the bitstream again")
    transport.set_receive_words(config.receive_words)
    return config, capability["identity_high"] << 32 | capability["identity_low"]


def _check_versions(name, capability):
    expected = {"magic": MAGIC, "protocol_version": PROTOCOL_VERSION, "contract_version": CONTRACT_VERSION}
    remedy = "install the snnsim that built its bitstream, or build the bitstream again with this one"
    if capability.get("magic") != MAGIC:
        raise DriverError(f"{name} is no core of this project: its magic number is "
                          f"{capability.get('magic', 0):#010x}, not {MAGIC:#010x}; choose another port")
    for field, version in expected.items():
        if capability.get(field) != version:
            what = field.replace("_", " ")
            raise DriverError(f"{name} has {what} {capability.get(field)}, this snnsim {version}: {remedy}")

