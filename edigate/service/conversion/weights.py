"""A tenant's settings -> its own weights of rules, within the limits of the catalogue.

Asked when a configuration is taken: a rule of § 14 UStG weakened without a reason must not come to
light with the first invoice. This module must not know how invoices are judged.
"""

from edigate.checks.severity import SeverityChange, accepted
from edigate.config import Settings, Tenant
from edigate.errors import Misconfigured
from edigate.findings import Severity


def weights(tenant: Tenant) -> tuple[SeverityChange, ...]:
    """The tenant's weights.

    Raises: Misconfigured that names the tenant: an unknown rule, a change beyond the limit, a
    reason that is missing.
    """
    try:
        return accepted(
            SeverityChange(c.rule, Severity(c.severity), c.reason) for c in tenant.severity
        )
    except Misconfigured as reason:
        raise Misconfigured(reason.code, f"tenant {tenant.account}: {reason.message}") from reason


def check(settings: Settings) -> None:
    """Refuse settings with a weight that may not be. Raises: Misconfigured."""
    for tenant in settings.tenant:
        weights(tenant)
