"""Every fact can fail: a template with one mistake in it breaks the fact that is there for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
import yaml

from tests.unit.infra import facts
from tests.unit.infra.cloud import ROOT, Cloud, agreements_of_the_pilot, deploy_cloud, principals_of
from tests.unit.infra.facts import FACTS, Fact
from tests.unit.infra.snapshots import DeploymentFailed, templates

pytestmark = pytest.mark.outside

MODULES = "infra/bicep/modules/"
MAIN = "infra/bicep/main.bicep"
EVENTS = "infra/bicep/events.bicep"
ACCOUNT = MODULES + "storage-account.bicep"
LISTS = "infra/bicep/lists.bicep"
KQL = "infra/bicep/kql/"
PRINCIPALS = "infra/bicep/principals.yaml"


def the_types_allow_it(cloud: Cloud) -> None:
    """No fact: the compiler alone has to refuse this mistake."""


@dataclass(frozen=True)
class Mutant:
    """One mistake: in a file, `old` became `new`, and `fact` must see it."""

    mistake: str
    fact: Fact
    file: str
    old: str
    new: str
    private: bool = False

    def text(self) -> str:
        """The file with the mistake in it, in one place or in all."""
        sound = (ROOT / self.file).read_text(encoding="utf-8")
        if self.file == PRINCIPALS:
            sound = yaml.safe_dump(principals_of(agreements_of_the_pilot()), sort_keys=False)
        assert self.old in sound, "the template has changed: correct the mutant"
        return sound.replace(self.old, self.new)


MUTANTS = (
    Mutant("public blobs", facts.storage_has_no_keys_and_nothing_is_public, ACCOUNT,
           "allowBlobPublicAccess: false", "allowBlobPublicAccess: true"),
    Mutant("a public container", facts.storage_has_no_keys_and_nothing_is_public, ACCOUNT,
           "publicAccess: 'None'", "publicAccess: 'Blob'"),
    Mutant("shared keys on", facts.storage_has_no_keys_and_nothing_is_public, ACCOUNT,
           "allowSharedKeyAccess: false", "allowSharedKeyAccess: true"),
    Mutant("old TLS", facts.storage_has_no_keys_and_nothing_is_public, ACCOUNT, "'TLS1_2'", "'TLS1_0'"),
    Mutant("the audit account open to every address", facts.storage_has_no_keys_and_nothing_is_public, MAIN,
           "networkRule: 'Deny'", "networkRule: 'Allow'"),
    Mutant("soft delete on", facts.deleted_means_gone, ACCOUNT,
           "    deleteRetentionPolicy: {\n      enabled: false\n",
           "    deleteRetentionPolicy: {\n      enabled: true\n      days: 7\n"),
    Mutant("soft delete of containers on", facts.deleted_means_gone, ACCOUNT,
           "containerDeleteRetentionPolicy: {\n      enabled: false",
           "containerDeleteRetentionPolicy: {\n      enabled: true"),
    Mutant("versioning on", facts.deleted_means_gone, ACCOUNT,
           "isVersioningEnabled: false", "isVersioningEnabled: true"),
    Mutant("point-in-time restore on", facts.deleted_means_gone, ACCOUNT,
           "restorePolicy: {\n      enabled: false", "restorePolicy: {\n      enabled: true"),
    Mutant("a second region for one resource", facts.only_uk_south, MODULES + "vault.bicep",
           "  location: location\n", "  location: 'ukwest'\n"),
    Mutant("a copy in a second region", facts.only_uk_south, ACCOUNT, "'Standard_ZRS'", "'Standard_GZRS'"),
    Mutant("a policy that allows a second region", facts.only_uk_south, MODULES + "governance.bicep",
           "value: [location]", "value: [location, 'ukwest']"),
    Mutant("a policy that only watches", facts.only_uk_south, MODULES + "governance.bicep",
           "enforcementMode: 'Default'", "enforcementMode: 'DoNotEnforce'"),
    Mutant("no outboxes", facts.every_borough_has_both_containers, MAIN,
           "[...inboxes, ...outboxes, ...ofRows, deadLetters]", "[...inboxes, ...ofRows, deadLetters]"),
    Mutant("a borough forgotten", facts.every_borough_has_both_containers, MAIN,
           "var inboxes = map(senders", "var inboxes = map(skip(senders, 1)"),
    Mutant("a lifecycle prefix without its slash", facts.everything_personal_has_its_day, MAIN,
           "container => '${container}/'", "container => container"),
    Mutant("no lifecycle for dead letters", facts.everything_personal_has_its_day, MAIN,
           "prefixes: map(personal,", "prefixes: map([...inboxes, ...outboxes, ...ofRows],"),
    Mutant("no lifecycle for what is remembered", facts.everything_personal_has_its_day, MAIN,
           "remembered: agreed.remembered", "remembered: []"),
    Mutant("what is remembered goes with the rows", facts.everything_personal_has_its_day,
           MODULES + "lifecycle.bicep", "days: one.days", "days: days"),
    Mutant("the ledger in the lifecycle", facts.everything_personal_has_its_day, MAIN,
           "prefixes: map(personal,", "prefixes: map([...personal, ...lasting],"),
    Mutant("too many prefixes in a rule", facts.everything_personal_has_its_day, MODULES + "lifecycle.bicep",
           "take(skip(prefixes, i * 10), 10)", "take(prefixes, 100)"),
    Mutant("versions forgotten", facts.everything_personal_has_its_day, MODULES + "lifecycle.bicep",
           "              version: {\n                delete: {\n                  "
           "daysAfterCreationGreaterThan: rule.days\n                }\n              }\n", ""),
    Mutant("later than agreed", facts.everything_personal_has_its_day, MAIN,
           "one.lifecycle_days", "one.ledger_days"),
    Mutant("a rule that is off", facts.everything_personal_has_its_day, MODULES + "lifecycle.bicep",
           "enabled: true", "enabled: false"),
    Mutant("audit logs that cannot grow", facts.audit_logs_can_only_grow, MODULES + "kept.bicep",
           "allowProtectedAppendWrites: appends", "allowProtectedAppendWrites: false"),
    Mutant("a log without the policy", facts.audit_logs_can_only_grow, MODULES + "kept.bicep",
           "for (container, i) in containers:", "for (container, i) in skip(containers, 1):"),
    Mutant("records that may be added to", facts.records_are_kept_for_their_days_and_no_longer, MAIN,
           "appends: false", "appends: true"),
    Mutant("results that nobody can delete", facts.records_are_kept_for_their_days_and_no_longer, MAIN,
           "    containers: records\n", "    containers: [...records, ...outboxes]\n"),
    Mutant("records that outlive their day", facts.records_are_kept_for_their_days_and_no_longer, MAIN,
           "    days: ledgerDays\n    appends: false", "    days: ledgerDays + 1\n    appends: false"),
    Mutant("a lock that nobody can write under", facts.what_must_not_go_is_locked, MODULES + "locks.bicep",
           "level: 'CanNotDelete'", "level: 'ReadOnly'"),
    Mutant("a lock on the account of the parties", facts.what_must_not_go_is_locked, MAIN,
           "    hostAccountName: hostName\n    auditAccountName: auditName\n",
           "    hostAccountName: exchangeName\n    auditAccountName: auditName\n"),
    Mutant("rights that change unlogged", facts.everything_is_logged_twice, MODULES + "activity.bicep",
           "'Administrative', ", ""),
    Mutant("an alarm that is switched off in silence", facts.somebody_is_told, MODULES + "told.bicep",
           "ScheduledQueryRules/disable/action", "ScheduledQueryRules/write"),
    Mutant("a deployment that rings", facts.strangers_are_told_of, MODULES + "alerts.bicep",
           "toLower(id)", "id"),
    Mutant("a widened role", facts.a_borough_only_drops_and_collects, MODULES + "roles.bicep",
           "dataActions: ['${blobs}/add/action']", "dataActions: ['${blobs}/add/action', '${blobs}/read']"),
    Mutant("a role that overwrites", facts.a_borough_only_drops_and_collects, MODULES + "roles.bicep",
           "dataActions: ['${blobs}/add/action']", "dataActions: ['${blobs}/write']"),
    Mutant("a borough's role on the whole account", facts.a_borough_only_drops_and_collects, MODULES + "borough.bicep",
           "scope: account::blobs::outbox", "scope: account"),
    Mutant("a borough's role on the resource group", facts.a_borough_only_drops_and_collects, MODULES + "borough.bicep",
           "    scope: account::blobs::outbox\n", ""),
    Mutant("roles exchanged", facts.a_borough_only_drops_and_collects, MODULES + "roles.bicep",
           "'${group}/providers/Microsoft.Authorization/roleDefinitions/${guid(group, key)}'",
           "'${group}/providers/Microsoft.Authorization/roleDefinitions/"
           "${guid(group, key == 'collect' ? 'work' : key)}'"),
    Mutant("officers who cannot collect", facts.a_borough_only_drops_and_collects, MODULES + "borough.bicep",
           "for person in collecting:", "for person in take(collecting, 1):"),
    Mutant("an inbox for who only collects", facts.every_borough_has_both_containers, MAIN,
           "var inboxes = map(senders", "var inboxes = map(boroughs"),
    Mutant("a key for who only collects", facts.one_key_per_borough_and_purpose, MAIN,
           "keyNames: [...map(senders", "keyNames: [...map(boroughs"),
    Mutant("who only collects may drop", facts.a_borough_only_drops_and_collects, MODULES + "borough.bicep",
           "borough.drops ? collecting : []", "collecting"),
    Mutant("events of who only collects", facts.every_inbox_tells_its_own_function, EVENTS,
           "map(union(dropping, [])", "map(union(dropping, ['another'])"),
    Mutant("a role with a wildcard", facts.roles_allow_no_more_than_they_say, MODULES + "roles.bicep",
           "dataActions: ['${blobs}/read', '${blobs}/delete', '${blobs}/deleteBlobVersion/action']",
           "dataActions: ['${blobs}/*']"),
    Mutant("a keeper who may unwrap", facts.roles_allow_no_more_than_they_say, MODULES + "roles.bicep",
           "keys/rotate/action", "keys/unwrap/action"),
    Mutant("a role for the whole subscription", facts.roles_allow_no_more_than_they_say, MODULES + "roles.bicep",
           "assignableScopes: [resourceGroup().id]", "assignableScopes: [subscription().id]"),
    Mutant("an operator in an inbox", facts.who_runs_it_sees_no_row, MODULES + "operators.bicep",
           "container: 'reference'", "container: 'lambeth-inbox'"),
    Mutant("an operator who may read requests", facts.who_runs_it_sees_no_row, MODULES + "operators.bicep",
           "{ container: 'requests', role: roleId(resourceGroup().id, 'create') }",
           "{ container: 'requests', role: collectRole }"),
    Mutant("an operator who may rewrite the ledger", facts.who_runs_it_sees_no_row, MODULES + "operators.bicep",
           "roleId(resourceGroup().id, 'append')", "roleId(resourceGroup().id, 'work')"),
    Mutant("an operator who may write certificates", facts.who_runs_it_sees_no_row, MODULES + "operators.bicep",
           "{ container: 'certificates', role: collectRole }",
           "{ container: 'certificates', role: roleId(resourceGroup().id, 'append') }"),
    Mutant("an operator of the app", facts.operators_see_who_is_told_of_what, MODULES + "roles.bicep",
           "'Microsoft.Web/sites/functions/read'", "'Microsoft.Web/sites/functions/write'"),
    Mutant("subscriptions that operators cannot see", facts.operators_see_who_is_told_of_what,
           MODULES + "operators.bicep", "  scope: topic\n", "  scope: app\n"),
    Mutant("an operator who may change the logs", facts.who_runs_it_sees_no_row, MODULES + "operators.bicep",
           "      roleDefinitionId: collectRole\n", "      roleDefinitionId: roleId(resourceGroup().id, 'work')\n"),
    Mutant("an operator without the logs", facts.who_runs_it_sees_no_row, MODULES + "operators.bicep",
           "map(auditContainers, log =>", "map(skip(auditContainers, 9), log =>"),
    Mutant("a keeper of the whole group", facts.who_runs_it_sees_no_row, MODULES + "vault.bicep",
           "    scope: vault\n    properties: {\n      principalId: keeper",
           "    properties: {\n      principalId: keeper"),
    Mutant("an app that may rewrite the ledger", facts.the_app_has_only_what_it_uses, MODULES + "app-access.bicep",
           "roleDefinitionId: appendRole", "roleDefinitionId: workRole"),
    Mutant("an app that writes dead letters", facts.the_app_has_only_what_it_uses, MODULES + "app-access.bicep",
           "roleDefinitionId: receiveRole", "roleDefinitionId: workRole"),
    Mutant("dead letters that nobody clears", facts.the_app_has_only_what_it_uses, MODULES + "app-access.bicep",
           "scope: account::blobs::letterBox", "scope: account"),
    Mutant("poison that the app cannot take out", facts.the_app_has_only_what_it_uses, MODULES + "app-access.bicep",
           "roleDefinitionId: queueDataContributor", "roleDefinitionId: blobDataReader"),
    Mutant("a watchdog that cannot see replication", facts.the_watchdog_sees_how_the_account_is_set_up,
           MODULES + "roles.bicep", "      'Microsoft.Storage/storageAccounts/objectReplicationPolicies/read'\n", ""),
    Mutant("a watchdog that looks at the wrong account", facts.the_watchdog_sees_how_the_account_is_set_up,
           MODULES + "function-app.bicep",
           "EXCHANGE_ACCOUNT_ID: exchangeAccount.id", "EXCHANGE_ACCOUNT_ID: hostAccountName"),
    Mutant("an app that reads every log", facts.the_app_asks_the_logs_who_has_collected, MODULES + "roles.bicep",
           "query/StorageBlobLogs/read", "query/*/read"),
    Mutant("logs that nobody may ask", facts.the_app_asks_the_logs_who_has_collected, MODULES + "monitoring.bicep",
           "  scope: workspace\n", "  scope: insights\n"),
    Mutant("whoever ends records may write them", facts.nobody_both_writes_and_deletes_records, MODULES + "roles.bicep",
           "dataActions: ['${blobs}/read', '${blobs}/delete']",
           "dataActions: ['${blobs}/read', '${blobs}/delete', '${blobs}/write']"),
    Mutant("whoever ends records may end results", facts.nobody_both_writes_and_deletes_records,
           MODULES + "records-access.bicep", "['ledger', 'certificates']", "['ledger', 'certificates', 'staging']"),
    Mutant("records that the app itself ends", facts.nobody_both_writes_and_deletes_records, MAIN,
           "    recordsIdentity: recordsIdentity\n  }\n}\n\nmodule access",
           "    recordsIdentity: appIdentity\n  }\n}\n\nmodule access"),
    Mutant("an app with every key", facts.the_app_has_only_what_it_uses, MODULES + "vault.bicep",
           "scope: keys[i]", "scope: vault"),
    Mutant("keys that can be purged", facts.one_key_per_borough_and_purpose, MODULES + "vault.bicep",
           "enablePurgeProtection: true", "enablePurgeProtection: false"),
    Mutant("vault rights by access policy", facts.one_key_per_borough_and_purpose, MODULES + "vault.bicep",
           "enableRbacAuthorization: true", "enableRbacAuthorization: false"),
    Mutant("one key for all boroughs", facts.one_key_per_borough_and_purpose, MAIN,
           "keyNames: [...map(senders, slug => 'drop-${slug}'), 'staging']", "keyNames: ['drop', 'staging']"),
    Mutant("a key that signs", facts.one_key_per_borough_and_purpose, MODULES + "vault.bicep",
           "['wrapKey', 'unwrapKey']", "['wrapKey', 'unwrapKey', 'sign']"),
    Mutant("too little memory", facts.the_app_runs_as_measured, MODULES + "function-app.bicep",
           "instanceMemoryMB: 2048", "instanceMemoryMB: 512"),
    Mutant("another Python", facts.the_app_runs_as_measured, MODULES + "function-app.bicep", "'3.13'", "'3.11'"),
    Mutant("a table service without a role", facts.the_app_runs_as_measured, MODULES + "function-app.bicep",
           "  Exchange__credential: 'managedidentity'\n",
           "  Exchange__credential: 'managedidentity'\n  AzureWebJobsStorage__tableServiceUri: hostBlobs\n"),
    Mutant("an app that anybody reaches", facts.the_app_runs_as_measured, MODULES + "function-app.bicep",
           "ipSecurityRestrictionsDefaultAction: 'Deny'", "ipSecurityRestrictionsDefaultAction: 'Allow'"),
    Mutant("deployment by password", facts.the_app_runs_as_measured, MODULES + "function-app.bicep",
           "allow: false", "allow: true"),
    Mutant("a subject without its slash", facts.every_inbox_tells_its_own_function, EVENTS,
           "${feed.container}/blobs/'", "${feed.container}'"),
    Mutant("a subscription over all containers", facts.every_inbox_tells_its_own_function, EVENTS,
           "containers/${feed.container}/blobs/", "containers/"),
    Mutant("several events per upload", facts.every_inbox_tells_its_own_function, EVENTS, "'PutBlob', ", ""),
    Mutant("requests forgotten", facts.every_inbox_tells_its_own_function, EVENTS, "(privateNetwork ? [] : feeds)",
           "(privateNetwork ? [] : drops)"),
    Mutant("no dead letters", facts.every_inbox_tells_its_own_function, EVENTS, "'deadletter'", "'requests'"),
    Mutant("events into a queue that is not there", facts.every_inbox_tells_its_own_function, EVENTS,
           "queueName: feed.name", "queueName: feed.container", private=True),
    Mutant("runs of the policy that nobody hears of", facts.every_run_of_the_policy_is_reported, EVENTS,
           "Microsoft.Storage.LifecyclePolicyCompleted", "Microsoft.Storage.BlobDeleted"),
    Mutant("a report that the topic may not write", facts.every_run_of_the_policy_is_reported, MAIN,
           "queues: [policyRuns, ...(privateNetwork ? eventQueues : [])]",
           "queues: privateNetwork ? eventQueues : []"),
    Mutant("a report that nobody takes", facts.every_run_of_the_policy_is_reported, EVENTS,
           "queueName: 'policy-runs'", "queueName: 'policies'"),
    Mutant("key use into a table that no alarm asks", facts.everything_is_logged_twice, MODULES + "diagnostics.bicep",
           "'Dedicated'", "'AzureDiagnostics'"),
    Mutant("reads that are not logged", facts.everything_is_logged_twice, MODULES + "diagnostics.bicep",
           "'StorageRead', ", ""),
    Mutant("logs into the account they are about", facts.everything_is_logged_twice, MAIN,
           "    auditAccountName: auditName\n    vaultName", "    auditAccountName: exchangeName\n    vaultName"),
    Mutant("an alarm that is off", facts.somebody_is_told, MODULES + "alerts.bicep",
           "      enabled: true\n      severity: one", "      enabled: false\n      severity: one"),
    Mutant("an alarm that nobody hears", facts.somebody_is_told, MODULES + "alerts.bicep",
           "[operatorGroup.id, onCall.id] : [operatorGroup.id]", "[onCall.id] : []"),
    Mutant("who is on call hears of nothing", facts.somebody_is_told, MODULES + "metric-alerts.bicep",
           "rule.severity < 2 ?", "rule.severity < 0 ?"),
    Mutant("no alarm for a missing sweep", facts.somebody_is_told, MODULES + "alerts.bicep",
           "'sweep-missing'", "'sweep'"),
    Mutant("one address twice, which an action group refuses", facts.somebody_is_told, LISTS,
           "indexOf(map(list, other => toLower(other)), toLower(one)) == i", "i >= 0"),
    Mutant("a rule that is refused while its table is not there", facts.alarms_outlive_what_is_not_there_yet,
           MODULES + "alerts.bicep", "skipQueryValidation: true", "skipQueryValidation: false"),
    Mutant("a rule that fails while its table is not there", facts.alarms_outlive_what_is_not_there_yet,
           KQL + "record-deleted.kql", "union isfuzzy=true (datatable(", "union (datatable("),
    Mutant("a rule with the rights of whoever deployed last", facts.alarms_outlive_what_is_not_there_yet,
           MODULES + "alerts.bicep", "'${asker.id}': {}", "'${app.id}': {}"),
    Mutant("an asker that may not ask", facts.alarms_outlive_what_is_not_there_yet, MODULES + "monitoring.bicep",
           "principalId: alarms.properties.principalId", "principalId: app.properties.principalId"),
    Mutant("a window as long as the period, which late lines miss",
           facts.an_alarm_is_told_once_and_late_lines_count, MODULES + "alerts.bicep",
           "windowSize: one.window", "windowSize: one.every"),
    Mutant("a drop that waits and rings at every round", facts.an_alarm_is_told_once_and_late_lines_count,
           MODULES + "alerts.bicep", "autoMitigate: true", "autoMitigate: false"),
    Mutant("a second stranger who is not told of", facts.an_alarm_is_told_once_and_late_lines_count,
           MODULES + "alerts.bicep", "apart: ['container', 'reader']", "apart: []"),
    Mutant("a column that its lines do not have", facts.an_alarm_is_told_once_and_late_lines_count,
           KQL + "unknown-reader.kql", "reader = RequesterObjectId", "who = RequesterObjectId"),
    Mutant("operators who ring when they take out a letter", facts.strangers_are_told_of, MODULES + "alerts.bicep",
           "...map(operators,", "...map(take(operators, 0),"),
    Mutant("officers who ring when they collect", facts.strangers_are_told_of, MODULES + "alerts.bicep",
           "[one.identity, ...one.officers]", "[one.identity]"),
    Mutant("keepers who ring when they make keys", facts.strangers_are_told_of, MODULES + "alerts.bicep",
           "'<keepers>', kept", "'<keepers>', 'dynamic([])'"),
    Mutant("the app that rings at every record", facts.strangers_are_told_of, MODULES + "alerts.bicep",
           "replace(one.query, '<app>', app.properties.principalId)", "one.query"),
    Mutant("the ender of records taken for the app", facts.strangers_are_told_of, MODULES + "alerts.bicep",
           "'<records>', ender.properties", "'<records>', app.properties"),
    Mutant("an event that is lost, at leisure", facts.events_that_do_not_arrive_are_told_within_minutes,
           MODULES + "metric-alerts.bicep", "severity: 0", "severity: 3"),
    Mutant("deliveries that fail, unheard", facts.events_that_do_not_arrive_are_told_within_minutes,
           MODULES + "metric-alerts.bicep", "above: 3", "above: 300"),
    Mutant("a metric that counts what went well", facts.events_that_do_not_arrive_are_told_within_minutes,
           MODULES + "metric-alerts.bicep", "metric: 'DroppedEventCount'", "metric: 'MatchedEventCount'"),
    Mutant("a probe from another country", facts.events_that_do_not_arrive_are_told_within_minutes,
           MODULES + "metric-alerts.bicep", "emea-ru-msa-edge", "emea-nl-ams-azr"),
    Mutant("a private app that may be silent for long", facts.events_that_do_not_arrive_are_told_within_minutes, MAIN,
           "privateNetwork ? '10m' : '30m'", "privateNetwork ? '30m' : '30m'", private=True),
    Mutant("a bare address for the app", facts.every_service_gets_addresses_as_it_takes_them, LISTS,
           "'${parseCidr(range).network}/${parseCidr(range).cidr}'", "replace(range, '/32', '')"),
    Mutant("a range of two for storage", facts.every_service_gets_addresses_as_it_takes_them, LISTS,
           ": endsWith(one, '/31') ? [bare(cidrSubnet(one, 32, 0)), bare(cidrSubnet(one, 32, 1))] : [one]", ": [one]"),
    Mutant("a range of one for storage", facts.every_service_gets_addresses_as_it_takes_them, LISTS,
           "? [bare(one)]", "? [one]"),
    Mutant("operators who are locked out of the ledger", facts.every_service_gets_addresses_as_it_takes_them, MAIN,
           "forStorage(union(boroughRanges, operatorRanges))", "forStorage(boroughRanges)"),
    Mutant("boroughs that read the audit logs", facts.every_service_gets_addresses_as_it_takes_them, MAIN,
           "addresses: forStorage(operatorRanges)", "addresses: forStorage(union(operatorRanges, boroughRanges))"),
    Mutant("rules of one name", facts.every_service_gets_addresses_as_it_takes_them, MODULES + "function-app.bicep",
           "name: 'operator-${i + 1}'", "name: 'operator'"),
    Mutant("a probe that is refused", facts.every_service_gets_addresses_as_it_takes_them,
           MODULES + "function-app.bicep", "'AzureEventGrid', 'ApplicationInsightsAvailability'", "'AzureEventGrid'"),
    Mutant("rights whose names only a deployment knows", facts.a_preview_sees_everything, MAIN,
           "    keepers: keepers\n    appIdentity: appIdentity",
           "    keepers: keepers\n    appIdentity: 'id-${topic.outputs.principalId}'"),
    Mutant("a private app whose deployment site has no name", facts.whoever_deploys_gets_in_and_the_app_gets_out,
           MODULES + "app-door.bicep", "[appName, '${appName}.scm']", "[appName]", private=True),
    Mutant("a record that leads elsewhere", facts.whoever_deploys_gets_in_and_the_app_gets_out,
           MODULES + "app-door.bicep", "ipv4Address: address", "ipv4Address: cidrHost(endpointRange, 5)", private=True),
    Mutant("an app that reaches nothing outside", facts.whoever_deploys_gets_in_and_the_app_gets_out,
           MODULES + "network.bicep", "      natGateway: {\n        id: wayOut.id\n      }\n      delegations",
           "      delegations", private=True),
    Mutant("an endpoint in the app's own subnet", facts.whoever_deploys_gets_in_and_the_app_gets_out,
           MODULES + "app-door.bicep", "name: 'endpoints'", "name: 'app'", private=True),
    Mutant("a private app that App Service closes by itself", facts.the_app_runs_as_measured,
           MODULES + "function-app.bicep", "    publicNetworkAccess: 'Enabled'\n", "", private=True),
    Mutant("a private deployment site open to everybody", facts.the_app_runs_as_measured,
           MODULES + "function-app.bicep", "privateNetwork ? 'Deny' : 'Allow'", "'Allow'", private=True),
    Mutant("no private door to the app", facts.the_private_variant_is_private, MAIN,
           "module appDoor 'modules/app-door.bicep' = if (privateNetwork)",
           "module appDoor 'modules/app-door.bicep' = if (!privateNetwork)", private=True),
    Mutant("a private account that lets strangers knock", facts.the_private_variant_is_private, MAIN,
           "privateNetwork ? 'Deny' : 'Allow'", "privateNetwork ? 'Allow' : 'Allow'", private=True),
    Mutant("no private door to the queues", facts.the_private_variant_is_private, MODULES + "network.bicep",
           "  { name: 'exchange-queue', target: exchangeAccount.id, part: 'queue', zone: 1 }\n", "", private=True),
    Mutant("an officer who is a group", the_types_allow_it, PRINCIPALS,
           "officer-1-lambeth", "{id: officers-of-lambeth, type: group}"),
    Mutant("a party without officers", the_types_allow_it, PRINCIPALS, "officers:", "offices:"),
    Mutant("a keeper who is a robot", the_types_allow_it, PRINCIPALS, "- keeper", "- {id: keeper, type: robot}"),
    Mutant("an alarm of no severity", the_types_allow_it, MODULES + "alerts.bicep", "severity: 0\n", "severity: 7\n"),
    Mutant("a misspelt property", the_types_allow_it, ACCOUNT, "allowBlobPublicAccess", "allowBlobPublicAcess"),
)  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.mistake.replace(" ", "-"))
def test_the_mistake_is_seen_by_its_own_fact(mutant: Mutant) -> None:
    changed = {mutant.file: mutant.text()}
    if mutant.fact is the_types_allow_it:
        assert refused(changed)
        return
    cloud = deploy_cloud(changed=changed, private=mutant.private)

    with pytest.raises(AssertionError):
        mutant.fact(cloud)


def refused(changed: dict[str, str]) -> bool:
    """Whether the compiler, or a type, takes no such text."""
    ours = {path.removeprefix("infra/bicep/"): text for path, text in changed.items()}
    try:
        deploy_cloud(changed=changed)
    except DeploymentFailed as failed:
        return bool(re.search(r"BCP\d+|principals\.yaml", str(failed)))
    return any("BCP" in finding for finding in templates().findings("main.bicep", ours))


def test_every_fact_has_a_mutant() -> None:
    assert {mutant.fact for mutant in MUTANTS} == {*FACTS, the_types_allow_it}


def test_without_the_check_a_third_officer_would_be_let_in() -> None:
    sound = (ROOT / MAIN).read_text(encoding="utf-8")
    check = "empty(crowded) ? slugs : fail("
    assert check in sound
    three = principals_of(deploy_cloud().agreements)
    three["boroughs"]["lambeth"]["officers"].append("officer-3-lambeth")

    with pytest.raises(DeploymentFailed):
        deploy_cloud(principals=three)
    unchecked = {MAIN: sound.replace(check, "true ? slugs : fail(")}
    assert any("officer-3-lambeth" in right for right in deploy_cloud(changed=unchecked, principals=three).rights())


def test_a_second_allowed_region_in_the_template_is_seen() -> None:
    sound = (ROOT / MAIN).read_text(encoding="utf-8")
    assert "@allowed(['uksouth'])" in sound
    wider = {MAIN: sound.replace("@allowed(['uksouth'])", "@allowed(['uksouth', 'ukwest'])")}

    with pytest.raises(AssertionError):
        facts.only_uk_south(deploy_cloud(changed=wider, settings={"AZURE_LOCATION": "ukwest"}))
