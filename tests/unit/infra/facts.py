"""What has to be true of the cloud. Each fact is a function that looks at what the templates deploy, and says so.

They are listed so that the mutants can name the one that must fail.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.unit.infra.cloud import Cloud
from tests.unit.infra.facts_alarms import (
    alarms_outlive_what_is_not_there_yet,
    an_alarm_is_told_once_and_late_lines_count,
    events_that_do_not_arrive_are_told_within_minutes,
    somebody_is_told,
    strangers_are_told_of,
)
from tests.unit.infra.facts_data import (
    audit_logs_can_only_grow,
    deleted_means_gone,
    every_borough_has_both_containers,
    everything_personal_has_its_day,
    only_uk_south,
    records_are_kept_for_their_days_and_no_longer,
    storage_has_no_keys_and_nothing_is_public,
    what_must_not_go_is_locked,
)
from tests.unit.infra.facts_rights import (
    a_borough_only_drops_and_collects,
    nobody_both_writes_and_deletes_records,
    one_key_per_borough_and_purpose,
    operators_see_who_is_told_of_what,
    roles_allow_no_more_than_they_say,
    the_app_asks_the_logs_who_has_collected,
    the_app_has_only_what_it_uses,
    the_watchdog_sees_how_the_account_is_set_up,
    who_runs_it_sees_no_row,
)
from tests.unit.infra.facts_running import (
    a_preview_sees_everything,
    every_inbox_tells_its_own_function,
    every_run_of_the_policy_is_reported,
    every_service_gets_addresses_as_it_takes_them,
    everything_is_logged_twice,
    the_app_runs_as_measured,
    the_private_variant_is_private,
    whoever_deploys_gets_in_and_the_app_gets_out,
)

Fact = Callable[[Cloud], None]

FACTS: tuple[Fact, ...] = (
    storage_has_no_keys_and_nothing_is_public,
    deleted_means_gone,
    only_uk_south,
    every_borough_has_both_containers,
    everything_personal_has_its_day,
    audit_logs_can_only_grow,
    records_are_kept_for_their_days_and_no_longer,
    what_must_not_go_is_locked,
    a_borough_only_drops_and_collects,
    roles_allow_no_more_than_they_say,
    who_runs_it_sees_no_row,
    operators_see_who_is_told_of_what,
    the_app_has_only_what_it_uses,
    the_watchdog_sees_how_the_account_is_set_up,
    the_app_asks_the_logs_who_has_collected,
    nobody_both_writes_and_deletes_records,
    one_key_per_borough_and_purpose,
    the_app_runs_as_measured,
    every_inbox_tells_its_own_function,
    every_run_of_the_policy_is_reported,
    everything_is_logged_twice,
    somebody_is_told,
    alarms_outlive_what_is_not_there_yet,
    an_alarm_is_told_once_and_late_lines_count,
    strangers_are_told_of,
    events_that_do_not_arrive_are_told_within_minutes,
    the_private_variant_is_private,
    whoever_deploys_gets_in_and_the_app_gets_out,
    every_service_gets_addresses_as_it_takes_them,
    a_preview_sees_everything,
)
