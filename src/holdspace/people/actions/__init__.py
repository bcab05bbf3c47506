"""Everything that people writes: each verb is one transaction, with `by=` and `now=`."""

from holdspace.people.actions.clinic import Founding, add_site, change_clinic, found_clinic
from holdspace.people.actions.on_call import end_on_call, set_on_call, swap_on_call
from holdspace.people.actions.persons import (
    change_details,
    enter_person,
    join_team,
    leave_team,
    open_emergency_access,
    restrict_file,
    review_emergency_access,
)
from holdspace.people.actions.signin import (
    accept_invitation,
    approve_recovery,
    cancel_invitation,
    invite,
    refuse_recovery,
    request_recovery,
    second_person,
    sign,
)
from holdspace.people.actions.staff import (
    add_credential,
    end_membership,
    end_role,
    grant_role,
    revoke_credential,
    second_grant,
)
from holdspace.people.actions.standing import (
    check_exclusion,
    record_state_duties,
    record_state_rule,
    verify_credential,
)

__all__ = [
    "Founding",
    "accept_invitation",
    "add_credential",
    "add_site",
    "approve_recovery",
    "cancel_invitation",
    "change_clinic",
    "change_details",
    "check_exclusion",
    "end_membership",
    "end_on_call",
    "end_role",
    "enter_person",
    "found_clinic",
    "grant_role",
    "invite",
    "join_team",
    "leave_team",
    "open_emergency_access",
    "record_state_duties",
    "record_state_rule",
    "refuse_recovery",
    "request_recovery",
    "restrict_file",
    "review_emergency_access",
    "revoke_credential",
    "second_grant",
    "second_person",
    "set_on_call",
    "sign",
    "swap_on_call",
    "verify_credential",
]
