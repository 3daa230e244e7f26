"""Every fact can fail: a template with one mistake in it breaks the fact that is there for it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.unit.infra import facts
from tests.unit.infra.cloud import ROOT, deploy_cloud, principals_of
from tests.unit.infra.facts import FACTS, Fact
from tests.unit.infra.words import DeploymentFailed

MODULES = "infra/bicep/modules/"
MAIN = "infra/bicep/main.bicep"
EVENTS = "infra/bicep/events.bicep"
ACCOUNT = MODULES + "storage-account.bicep"


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
           "concat(inboxes, outboxes, ofRows, [deadLetters])", "concat(inboxes, ofRows, [deadLetters])"),
    Mutant("a borough forgotten", facts.every_borough_has_both_containers, MAIN,
           "var inboxes = map(senders", "var inboxes = map(skip(senders, 1)"),
    Mutant("a lifecycle prefix without its slash", facts.everything_personal_has_its_day, MAIN,
           "container => '${container}/'", "container => container"),
    Mutant("no lifecycle for dead letters", facts.everything_personal_has_its_day, MAIN,
           "prefixes: map(personal,", "prefixes: map(concat(inboxes, outboxes, ofRows),"),
    Mutant("no lifecycle for what is remembered", facts.everything_personal_has_its_day, MAIN,
           "remembered: agreed.remembered", "remembered: []"),
    Mutant("what is remembered goes with the rows", facts.everything_personal_has_its_day,
           MODULES + "lifecycle.bicep", "days: one.days", "days: days"),
    Mutant("the ledger in the lifecycle", facts.everything_personal_has_its_day, MAIN,
           "prefixes: map(personal,", "prefixes: map(concat(personal, lasting),"),
    Mutant("too many prefixes in a rule", facts.everything_personal_has_its_day, MODULES + "lifecycle.bicep",
           "take(skip(prefixes, i * 10), 10)", "take(prefixes, 100)"),
    Mutant("versions forgotten", facts.everything_personal_has_its_day, MODULES + "lifecycle.bicep",
           "            version: {\n              delete: {\n                daysAfterCreationGreaterThan: rule.days\n"
           "              }\n            }\n", ""),
    Mutant("later than agreed", facts.everything_personal_has_its_day, MAIN,
           "one.lifecycle_days", "one.ledger_days"),
    Mutant("a rule that is off", facts.everything_personal_has_its_day, MODULES + "lifecycle.bicep",
           "enabled: true", "enabled: false"),
    Mutant("audit logs that cannot grow", facts.audit_logs_can_only_grow, MODULES + "append-only.bicep",
           "allowProtectedAppendWrites: true", "allowProtectedAppendWrites: false"),
    Mutant("a log without the policy", facts.audit_logs_can_only_grow, MODULES + "append-only.bicep",
           "for container in containers:", "for container in skip(containers, 1):"),
    Mutant("a widened role", facts.a_borough_only_drops_and_collects, MODULES + "roles.bicep",
           "dataActions: ['${blobs}/add/action']", "dataActions: ['${blobs}/add/action', '${blobs}/read']"),
    Mutant("a role that overwrites", facts.a_borough_only_drops_and_collects, MODULES + "roles.bicep",
           "dataActions: ['${blobs}/add/action']", "dataActions: ['${blobs}/write']"),
    Mutant("a borough's role on the whole account", facts.a_borough_only_drops_and_collects, MODULES + "borough.bicep",
           "'${accountName}/default/${slug}-outbox'", "accountName"),
    Mutant("a borough's role on the resource group", facts.a_borough_only_drops_and_collects, MODULES + "borough.bicep",
           "  scope: outbox\n", ""),
    Mutant("roles exchanged", facts.a_borough_only_drops_and_collects, MODULES + "roles.bicep",
           "output collect string = custom[1].id", "output collect string = custom[3].id"),
    Mutant("officers who cannot collect", facts.a_borough_only_drops_and_collects, MODULES + "borough.bicep",
           "[for person in collecting:", "[for person in take(collecting, 1):"),
    Mutant("an inbox for who only collects", facts.every_borough_has_both_containers, MAIN,
           "var inboxes = map(senders", "var inboxes = map(boroughs"),
    Mutant("a key for who only collects", facts.one_key_per_borough_and_purpose, MAIN,
           "keyNames: concat(map(senders", "keyNames: concat(map(boroughs"),
    Mutant("who only collects may drop", facts.a_borough_only_drops_and_collects, MODULES + "borough.bicep",
           "drops ? collecting : []", "collecting"),
    Mutant("events of who only collects", facts.every_inbox_tells_its_own_function, EVENTS,
           "map(union(dropping, dropping)", "map(concat(union(dropping, dropping), ['another'])"),
    Mutant("a role with a wildcard", facts.roles_allow_no_more_than_they_say, MODULES + "roles.bicep",
           "dataActions: ['${blobs}/read', '${blobs}/delete', '${blobs}/deleteBlobVersion/action']",
           "dataActions: ['${blobs}/*']"),
    Mutant("a keeper who may unwrap", facts.roles_allow_no_more_than_they_say, MODULES + "roles.bicep",
           "keys/rotate/action", "keys/unwrap/action"),
    Mutant("a role for the whole subscription", facts.roles_allow_no_more_than_they_say, MODULES + "roles.bicep",
           "assignableScopes: [resourceGroup().id]", "assignableScopes: [subscription().id]"),
    Mutant("an operator in an inbox", facts.who_runs_it_sees_no_row, MODULES + "operators.bicep",
           "default/reference", "default/lambeth-inbox"),
    Mutant("an operator who may read requests", facts.who_runs_it_sees_no_row, MODULES + "operators.bicep",
           "roleDefinitionId: createRole", "roleDefinitionId: collectRole"),
    Mutant("an operator who may rewrite the ledger", facts.who_runs_it_sees_no_row, MODULES + "operators.bicep",
           "roleDefinitionId: appendRole", "roleDefinitionId: workRole"),
    Mutant("an operator who may write certificates", facts.who_runs_it_sees_no_row, MODULES + "operators.bicep",
           "  scope: certificates\n  properties: {\n    principalId: operator\n    principalType: 'User'\n    "
           "roleDefinitionId: collectRole",
           "  scope: certificates\n  properties: {\n    principalId: operator\n    principalType: 'User'\n    "
           "roleDefinitionId: appendRole"),
    Mutant("an operator of the app", facts.operators_see_who_is_told_of_what, MODULES + "roles.bicep",
           "'Microsoft.Web/sites/functions/read'", "'Microsoft.Web/sites/functions/write'"),
    Mutant("subscriptions that operators cannot see", facts.operators_see_who_is_told_of_what,
           MODULES + "operators.bicep", "  scope: topic\n", "  scope: app\n"),
    Mutant("an operator who may change the logs", facts.who_runs_it_sees_no_row, MODULES + "operators.bicep",
           "  scope: logs[i]\n  properties: {\n    principalId: pair.operator\n    principalType: 'User'\n    "
           "roleDefinitionId: collectRole",
           "  scope: logs[i]\n  properties: {\n    principalId: pair.operator\n    principalType: 'User'\n    "
           "roleDefinitionId: workRole"),
    Mutant("an operator without the logs", facts.who_runs_it_sees_no_row, MODULES + "operators.bicep",
           "map(auditContainers, log =>", "map(skip(auditContainers, 9), log =>"),
    Mutant("a keeper of the whole group", facts.who_runs_it_sees_no_row, MODULES + "vault.bicep",
           "  scope: vault\n  properties: {\n    principalId: keeper", "  properties: {\n    principalId: keeper"),
    Mutant("an app that may rewrite the ledger", facts.the_app_has_only_what_it_uses, MODULES + "app-access.bicep",
           "roleDefinitionId: appendRole", "roleDefinitionId: workRole"),
    Mutant("an app that writes dead letters", facts.the_app_has_only_what_it_uses, MODULES + "app-access.bicep",
           "roleDefinitionId: receiveRole", "roleDefinitionId: workRole"),
    Mutant("dead letters that nobody clears", facts.the_app_has_only_what_it_uses, MODULES + "app-access.bicep",
           "scope: letterBox", "scope: account"),
    Mutant("poison that the app cannot take out", facts.the_app_has_only_what_it_uses, MODULES + "app-access.bicep",
           "roleDefinitionId: queueDataContributor", "roleDefinitionId: blobDataReader"),
    Mutant("a watchdog that cannot see replication", facts.the_watchdog_sees_how_the_account_is_set_up,
           MODULES + "roles.bicep", "      'Microsoft.Storage/storageAccounts/objectReplicationPolicies/read'\n", ""),
    Mutant("a watchdog that looks at the wrong account", facts.the_watchdog_sees_how_the_account_is_set_up, MAIN,
           "    exchangeAccountId: exchangeAccount.outputs.id\n    logWorkspace",
           "    exchangeAccountId: auditAccount.outputs.id\n    logWorkspace"),
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
           "recordsPrincipal: recordsIdentity.outputs.principalId\n  }",
           "recordsPrincipal: identity.outputs.principalId\n  }"),
    Mutant("an app with every key", facts.the_app_has_only_what_it_uses, MODULES + "vault.bicep",
           "scope: keys[i]", "scope: vault"),
    Mutant("keys that can be purged", facts.one_key_per_borough_and_purpose, MODULES + "vault.bicep",
           "enablePurgeProtection: true", "enablePurgeProtection: false"),
    Mutant("vault rights by access policy", facts.one_key_per_borough_and_purpose, MODULES + "vault.bicep",
           "enableRbacAuthorization: true", "enableRbacAuthorization: false"),
    Mutant("one key for all boroughs", facts.one_key_per_borough_and_purpose, MAIN,
           "keyNames: concat(map(senders, slug => 'drop-${slug}'), ['staging'])", "keyNames: ['drop', 'staging']"),
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
           "queues: concat([policyRuns], privateNetwork ? eventQueues : [])",
           "queues: privateNetwork ? eventQueues : []"),
    Mutant("a report that nobody takes", facts.every_run_of_the_policy_is_reported, EVENTS,
           "queueName: 'policy-runs'", "queueName: 'policies'"),
    Mutant("key use into a table that no alarm asks", facts.everything_is_logged_twice, MODULES + "diagnostics.bicep",
           "'Dedicated'", "'AzureDiagnostics'"),
    Mutant("reads that are not logged", facts.everything_is_logged_twice, MODULES + "diagnostics.bicep",
           "'StorageRead', ", ""),
    Mutant("logs into the account they are about", facts.everything_is_logged_twice, MAIN,
           "auditAccountId: auditAccount.outputs.id", "auditAccountId: exchangeAccount.outputs.id"),
    Mutant("an alarm that is off", facts.somebody_is_told, MODULES + "alerts.bicep",
           "    enabled: true\n    severity: query", "    enabled: false\n    severity: query"),
    Mutant("an alarm that nobody hears", facts.somebody_is_told, MODULES + "alerts.bicep",
           "actionGroups: [told.id]", "actionGroups: []"),
    Mutant("no alarm for a missing sweep", facts.somebody_is_told, MODULES + "alerts.bicep",
           "'sweep-missing'", "'sweep'"),
    Mutant("no alarm for a watchdog that sleeps", facts.somebody_is_told, MODULES + "alerts.bicep",
           '("disposal", "watchdog")', '("disposal")'),
    Mutant("a drop that waits and rings at every round", facts.reconciliation_is_heard, MODULES + "alerts.bicep",
           "autoMitigate: query.clears", "autoMitigate: false"),
    Mutant("a stranger that is forgotten", facts.reconciliation_is_heard, MODULES + "alerts.bicep",
           "autoMitigate: query.clears", "autoMitigate: true"),
    Mutant("a reconciliation that may stop unseen", facts.reconciliation_is_heard, MODULES + "alerts.bicep",
           "where rounds == 0", "where rounds > 0"),
    Mutant("an inbox that nobody can look into, unheard", facts.reconciliation_is_heard, MODULES + "alerts.bicep",
           ' or Message has "reconcile.unseen"', ""),
    Mutant("poison that stays unheard", facts.reconciliation_is_heard, MODULES + "alerts.bicep",
           '"poison.stays"', '"poison.stay"'),
    Mutant("a record that anybody may write unseen", facts.somebody_is_told, MODULES + "alerts.bicep",
           'RequesterObjectId != "${appPrincipal}" and', 'RequesterObjectId == "${appPrincipal}" and'),
    Mutant("an unwrap that nobody minds", facts.somebody_is_told, MODULES + "alerts.bicep", '"KeyUnwrap", ', ""),
    Mutant("keepers who may unwrap unseen", facts.somebody_is_told, MODULES + "alerts.bicep",
           'where OperationName != "SecretGet" or who', "where who"),
    Mutant("a ledger event that anybody may delete unseen", facts.somebody_is_told, MODULES + "alerts.bicep",
           'RequesterObjectId != "${recordsPrincipal}"', 'RequesterObjectId == "${recordsPrincipal}"'),
    Mutant("a private account that lets strangers knock", facts.the_private_variant_is_private, MAIN,
           "privateNetwork ? 'Deny' : 'Allow'", "privateNetwork ? 'Allow' : 'Allow'", private=True),
    Mutant("no private door to the queues", facts.the_private_variant_is_private, MODULES + "network.bicep",
           "  { name: 'exchange-queue', target: exchangeAccountId, part: 'queue', zone: 1 }\n", "", private=True),
)  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.mistake.replace(" ", "-"))
def test_the_mistake_is_seen_by_its_own_fact(mutant: Mutant) -> None:
    cloud = deploy_cloud(changed={mutant.file: mutant.text()}, private=mutant.private)

    with pytest.raises(AssertionError):
        mutant.fact(cloud)


def test_every_fact_has_a_mutant() -> None:
    assert {mutant.fact for mutant in MUTANTS} == set(FACTS)


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
        facts.only_uk_south(deploy_cloud(changed=wider, location="ukwest"))
