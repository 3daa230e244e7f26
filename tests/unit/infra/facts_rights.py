"""Facts about who may do what, and about the keys."""

from __future__ import annotations

from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.vault_names import vault_name
from shared.kernel.terms.retention import LASTING
from tests.unit.infra.cloud import Cloud
from tests.unit.infra.snapshots import GROUP, Resource

ADD = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action"
READ = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
SHOW_URL = "Microsoft.EventGrid/systemTopics/eventSubscriptions/getFullUrl/action"
BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/"


def a_borough_only_drops_and_collects(cloud: Cloud) -> None:
    """Each borough's people may create in its inbox and read its outbox: nothing more, and nowhere else."""
    account = cloud.account("exch").name
    expected = set()
    for slug in cloud.agreements.parties:
        named = cloud.principals[slug]
        for person in (named["identity"], *named["officers"]):
            if slug in cloud.agreements.senders:
                expected.add((person, f"{account}/default/{slug}-inbox", frozenset({ADD})))
            expected.add((person, f"{account}/default/{slug}-outbox", frozenset({READ})))
    people = {person for person, _, _ in expected}
    assert {right for right in cloud.rights() if right[0] in people} == expected


def roles_allow_no_more_than_they_say(cloud: Cloud) -> None:
    """Custom roles: no wildcard, no write to the control plane, and none that may unwrap or sign.

    One action that is no read reads all the same: it shows the whole URL of an event subscription.
    """
    roles = cloud.all("Microsoft.Authorization/roleDefinitions")
    assert len(roles) == 10
    for role in roles:
        [permissions] = role.body["properties"]["permissions"]
        assert all(action.endswith("/read") for action in set(permissions["actions"]) - {SHOW_URL})
        allowed = permissions["dataActions"]
        assert not [action for action in allowed if "*" in action]
        private = ("unwrap/action", "decrypt/action", "sign/action")
        assert not [action for action in allowed if action.rpartition("/keys/")[2] in private]
        assert role.body["properties"]["assignableScopes"] == [GROUP]


def who_runs_it_sees_no_row(cloud: Cloud) -> None:
    """Operators reach the records, the logs, reference data, queues and dead letters, and see what is deployed; they
    add to the ledger, and alter or delete nothing there; they put among the requests, and see none. Keepers reach no
    storage."""
    account, vault = cloud.account("exch").name, cloud.all("Microsoft.KeyVault/vaults")[0].name
    scopes: dict[str, set[str]] = {"operator": set(), "keeper": set()}
    in_records = {}
    for principal, scope, what in cloud.rights():
        if principal in scopes:
            scopes[principal].add(scope)
            assert not [action for action in what if "unwrap" in action or "Crypto" in action]
            if "bxaudit" in scope:
                assert what == {READ}
            if (place := scope.rpartition("/")[2]) in ("ledger", "certificates", "deadletter", "requests"):
                in_records[place] = what
    ours = f"{account}/default/"
    queues = cloud.inside("exch", "queueServices/queues")
    assert len(queues) == (3 + 2 * (len(cloud.agreements.senders) + 1) if cloud.private else 3)
    logs = {f"{cloud.account('audit').name}/default/{log}" for log in cloud.inside("audit", "blobServices/containers")}
    assert logs
    deployed = {cloud.app().name, cloud.all("Microsoft.EventGrid/systemTopics")[0].name}
    assert scopes == {
        "operator": logs
        | {ours + place for place in ("ledger", "certificates", "reference", "deadletter", "requests", *queues)}
        | deployed,
        "keeper": {vault},
    }
    taken = frozenset({READ, BLOBS + "delete", BLOBS + "deleteBlobVersion/action"})
    assert in_records == {"ledger": {READ, ADD}, "certificates": {READ}, "deadletter": taken, "requests": {ADD}}


def operators_see_who_is_told_of_what(cloud: Cloud) -> None:
    """On the app and on the topic they may look at functions and subscriptions, and nothing else."""
    [topic] = cloud.all("Microsoft.EventGrid/systemTopics")
    see = {
        "Microsoft.Web/sites/read", "Microsoft.Web/sites/functions/read", SHOW_URL,
        "Microsoft.EventGrid/systemTopics/eventSubscriptions/read",
    }  # fmt: skip
    for resource in (cloud.app(), topic):
        assert cloud.actions_of("operator", resource.name) == see


def the_app_has_only_what_it_uses(cloud: Cloud) -> None:
    """Its rights in the exchange account, container by container; in the vault, key by key."""
    account, vault = cloud.account("exch").name, cloud.all("Microsoft.KeyVault/vaults")[0].name
    held = {
        scope.removeprefix(f"{account}/default/"): what
        for principal, scope, what in cloud.rights()
        if is_of(principal, app_identity(cloud)) and scope.startswith(f"{account}/")
    }
    work = frozenset(BLOBS + verb for verb in ("read", "add/action", "write", "delete", "deleteBlobVersion/action"))
    expected = dict.fromkeys(("ledger", "certificates"), frozenset({READ, ADD}))
    expected |= {"reference": frozenset({"Storage Blob Data Reader"})}
    expected |= dict.fromkeys(("staging", "requests", "claims", "held", *LASTING), work)
    # What comes from outside is read and removed, never written: dropped files, and events that were not delivered.
    receive = frozenset({READ, BLOBS + "delete", BLOBS + "deleteBlobVersion/action"})
    expected |= dict.fromkeys((*(f"{slug}-inbox" for slug in cloud.agreements.senders), "deadletter"), receive)
    expected |= {f"{slug}-outbox": work for slug in cloud.agreements.parties}
    assert held == expected
    mine = [(scope, what) for principal, scope, what in cloud.rights() if is_of(principal, app_identity(cloud))]
    on_account = [what for scope, what in mine if scope == account]
    assert sorted(map(sorted, on_account)) == [[], ["Storage Queue Data Contributor"]]
    in_vault = {(scope, *what) for scope, what in mine if vault in scope}
    keys = {vault_name(slug, Use.DROP) for slug in cloud.agreements.senders} | {vault_name(EXCHANGE, Use.STAGING)}
    unwraps = {(f"{vault}/{key}", "Key Vault Crypto User") for key in keys}
    assert in_vault == unwraps | {(vault, "Key Vault Secrets User")}


def is_of(principal: str, identity: Resource) -> bool:
    """Whether a right is given to that managed identity."""
    return principal == f"«{identity.id}.principalId»"


def app_identity(cloud: Cloud) -> Resource:
    """Who the app is when it works."""
    return cloud.named("Microsoft.ManagedIdentity/userAssignedIdentities", "id-borough-exchange-pilot")


def the_watchdog_sees_how_the_account_is_set_up(cloud: Cloud) -> None:
    """The app may read what the watchdog compares, on the exchange account and nothing else, and knows which it is."""
    account = cloud.account("exch")
    actions = cloud.actions_on(account.name, app_identity(cloud))
    storage = "Microsoft.Storage/storageAccounts"
    assert actions == {
        f"{storage}/read",
        f"{storage}/blobServices/read",
        f"{storage}/blobServices/containers/read",
        f"{storage}/blobServices/containers/immutabilityPolicies/read",
        f"{storage}/managementPolicies/read",
        f"{storage}/objectReplicationPolicies/read",
    }
    assert cloud.settings()["EXCHANGE_ACCOUNT_ID"] == account.id


def the_app_asks_the_logs_who_has_collected(cloud: Cloud) -> None:
    """It may query the one table that says so, in the workspace that its setting names, and no other log."""
    [workspace] = cloud.all("Microsoft.OperationalInsights/workspaces")
    logs = "Microsoft.OperationalInsights/workspaces"
    assert cloud.actions_on(workspace.name, app_identity(cloud)) == {
        f"{logs}/read", f"{logs}/query/read", f"{logs}/query/StorageBlobLogs/read"
    }  # fmt: skip
    assert str(cloud.settings()["EXCHANGE_LOG_WORKSPACE"]) == f"«{workspace.id}.customerId»"


def nobody_both_writes_and_deletes_records(cloud: Cloud) -> None:
    """One identity ends records and cannot write any; everybody else, the app too, cannot delete any."""
    account = cloud.account("exch").name
    ends = cloud.named("Microsoft.ManagedIdentity/userAssignedIdentities", "id-borough-exchange-records-pilot")
    mine = {(scope, what) for principal, scope, what in cloud.rights() if is_of(principal, ends)}
    assert mine == {
        (f"{account}/default/{record}", frozenset({READ, BLOBS + "delete"})) for record in ("ledger", "certificates")
    }
    others = {
        action
        for principal, scope, what in cloud.rights()
        if scope in {scope for scope, _ in mine} and not is_of(principal, ends)
        for action in what
    }
    assert others == {READ, ADD}
    assert ends.id in str(cloud.app().body["identity"])
    assert str(cloud.settings()["EXCHANGE_RECORDS_CLIENT_ID"]) == f"«{ends.id}.clientId»"


def one_key_per_borough_and_purpose(cloud: Cloud) -> None:
    """The vault: rights by role, nothing purged before its time, and the very keys that the code asks for."""
    [vault] = cloud.all("Microsoft.KeyVault/vaults")
    said = vault.body["properties"]
    assert said["enableRbacAuthorization"] is True
    assert said["enablePurgeProtection"] is True
    assert said["enableSoftDelete"] is True
    found = cloud.all("Microsoft.KeyVault/vaults/keys")
    keys = {key.name.removeprefix(f"{vault.name}/"): key.body["properties"] for key in found}
    assert set(keys) == {vault_name(slug, Use.DROP) for slug in cloud.agreements.senders} | {"staging"}
    for key in keys.values():
        assert key == {"kty": "RSA", "keySize": 3072, "keyOps": ["wrapKey", "unwrapKey"]}
