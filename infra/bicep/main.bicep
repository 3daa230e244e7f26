// The whole exchange in one resource group of one region. What the agreements say is read from them, never repeated:
// who takes part in any, who may drop anything, how long data lives, how many officers a party may name.
// Event subscriptions are a second step (events.bicep): they need a key that exists only once the code is deployed.
targetScope = 'subscription'

@description('Short name of this deployment, such as pilot or live.')
@minLength(2)
@maxLength(12)
param environmentName string

@description('The agreement allows no other region.')
@allowed(['uksouth'])
param location string = 'uksouth'

@description('true: storage, vault and app are reached through private endpoints, and events wait in storage queues.')
param privateNetwork bool = false

@description('With privateNetwork: public addresses from which boroughs reach the exchange account, with commas between.')
param boroughAddresses string = ''

@description('Public addresses from which operators reach the health page, the vault and the audit logs, with commas between.')
param operatorAddresses string = ''

@description('Who is told of alarms: addresses with commas between.')
param alertEmails string

@description('Budget of a month, in the currency of the subscription.')
param budgetAmount int = 300

@description('First day of the month in which the budget begins, such as 2026-12-01; it cannot be changed afterwards.')
param budgetStart string

@description('Whether the audit containers are locked already. A locked policy cannot be written again, so it is left.')
param auditLocked bool = false

@description('Object ids in Entra: the identity and the officers of each borough, operators, keepers of keys.')
param principals object = loadYamlContent('principals.yaml')

// Made from every agreement of the registry (`make docs`).
var agreed = loadYamlContent('agreements.yaml')
var agreements = agreed.agreements
var each = flatten(map(agreements, one => one.parties))
var slugs = union(each, each)
var dropping = flatten(map(agreements, one => one.dropping))
// The backstop comes when the first of them wants it; records and audit logs stay as long as the last of them says.
var backstop = min(map(agreements, one => one.lifecycle_days))
var lastSweep = max(map(agreements, one => one.last_sweep_day))
var ledgerDays = max(map(agreements, one => one.ledger_days))

// Nothing is deployed while one of these fails. A limit in a decorator would have to be a literal, repeated here.
var limits = map(slugs, slug => {
  slug: slug
  officers: min(map(filter(agreements, one => contains(one.parties, slug)), one => one.officers))
})
var crowded = map(
  filter(limits, one => length((principals.boroughs[?one.slug].?officers) ?? []) > one.officers),
  one => one.slug
)
// One policy for all: what one agreement keeps, the backstop of another must not take before it is swept and certified.
var lifecycleDays = (backstop > lastSweep) ? backstop : fail('An agreement sweeps on day ${lastSweep}, after the lifecycle policy of another, day ${backstop}.')
var absent = filter(slugs, slug => empty((principals.boroughs[?slug].?identity) ?? ''))
var limited = empty(crowded) ? slugs : fail('More officers than an agreement allows: ${join(crowded, ', ')}.')
var present = empty(absent) ? limited : fail('No identity in principals.yaml: ${join(absent, ', ')}.')
var everyone = flatten(map(present, slug => concat([principals.boroughs[slug].identity], principals.boroughs[slug].officers)))
var distinct = union(everyone, everyone)
var boroughs = (length(distinct) == length(everyone)) ? present : fail('One principal is named twice.')

var people = map(boroughs, slug => {
  slug: slug
  identity: principals.boroughs[slug].identity
  officers: principals.boroughs[slug].officers
  drops: contains(dropping, slug)
})
// Who only collects has no inbox, no key to drop with, and no event.
var senders = filter(boroughs, slug => contains(dropping, slug))
var inboxes = map(senders, slug => '${slug}-inbox')
var outboxes = map(boroughs, slug => '${slug}-outbox')
var ofRows = ['staging', 'requests', 'claims']
// What is remembered for longer than rows, as pseudonyms, has a backstop of its own.
var remembered = map(agreed.remembered, one => one.container)
// What a hold keeps: no policy takes it, only the sweep once no hold keeps it any more.
var held = 'held'
var working = concat(ofRows, remembered, [held])
var deadLetters = 'deadletter'
var personal = concat(inboxes, outboxes, ofRows, [deadLetters])
var lasting = ['ledger', 'certificates', 'reference']
var eventQueues = concat(map(senders, slug => 'drop-${slug}'), ['request'])
// The host would make the poison queues when it needs them; made here, operators can be given them.
var givenUp = privateNetwork ? map(eventQueues, queue => '${queue}-poison') : []
// Runs of the lifecycle policy are reported into a queue, in either variant: a report is no blob.
var policyRuns = 'policy-runs'
var waiting = concat(['webjobs-blobtrigger-poison', policyRuns, '${policyRuns}-poison'], givenUp, privateNetwork ? eventQueues : [])
var auditContainers = map(['storageread', 'storagewrite', 'storagedelete', 'auditevent'], log => 'insights-logs-${log}')

var emails = split(alertEmails, ',')
var boroughDoors = empty(boroughAddresses) ? [] : split(boroughAddresses, ',')
var operatorDoors = empty(operatorAddresses) ? [] : split(operatorAddresses, ',')
var token = uniqueString(subscription().id, environmentName)
var networkRule = privateNetwork ? 'Deny' : 'Allow'
var tags = {
  'azd-env-name': environmentName
}

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-borough-exchange-${environmentName}'
  location: location
  tags: tags
}

module governance 'modules/governance.bicep' = {
  name: 'governance'
  scope: group
  params: {
    location: location
    budgetAmount: budgetAmount
    budgetStart: budgetStart
    emails: emails
  }
}

module exchangeAccount 'modules/storage-account.bicep' = {
  name: 'exchange-account'
  scope: group
  params: {
    name: 'bxexch${token}'
    location: location
    containers: concat(personal, remembered, [held], lasting)
    queues: waiting
    networkRule: networkRule
    addresses: boroughDoors
  }
}

module hostAccount 'modules/storage-account.bicep' = {
  name: 'host-account'
  scope: group
  params: {
    name: 'bxhost${token}'
    location: location
    containers: ['app-package']
    queues: []
    networkRule: networkRule
    addresses: []
  }
}

module auditAccount 'modules/storage-account.bicep' = {
  name: 'audit-account'
  scope: group
  params: {
    name: 'bxaudit${token}'
    location: location
    containers: auditContainers
    queues: []
    networkRule: 'Deny'
    addresses: operatorDoors
  }
}

module lifecycle 'modules/lifecycle.bicep' = {
  name: 'lifecycle'
  scope: group
  params: {
    accountName: exchangeAccount.outputs.name
    prefixes: map(personal, container => '${container}/')
    days: lifecycleDays
    remembered: agreed.remembered
  }
}

module auditLock 'modules/append-only.bicep' = if (!auditLocked) {
  name: 'audit-append-only'
  scope: group
  params: {
    accountName: auditAccount.outputs.name
    containers: auditContainers
    days: ledgerDays
  }
}

module roles 'modules/roles.bicep' = {
  name: 'roles'
  scope: group
  params: {
    environmentName: environmentName
  }
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: 'id-borough-exchange-${environmentName}'
    location: location
  }
}

module recordsIdentity 'modules/identity.bicep' = {
  name: 'records-identity'
  scope: group
  params: {
    name: 'id-borough-exchange-records-${environmentName}'
    location: location
  }
}

module recordsAccess 'modules/records-access.bicep' = {
  name: 'records-access'
  scope: group
  params: {
    accountName: exchangeAccount.outputs.name
    endRole: roles.outputs.end
    recordsPrincipal: recordsIdentity.outputs.principalId
  }
}

module access 'modules/borough.bicep' = [for person in people: {
  name: 'borough-${person.slug}'
  scope: group
  params: {
    accountName: exchangeAccount.outputs.name
    slug: person.slug
    identity: person.identity
    officers: person.officers
    drops: person.drops
    createRole: roles.outputs.create
    collectRole: roles.outputs.collect
    receiveRole: roles.outputs.receive
    workRole: roles.outputs.work
    appPrincipal: identity.outputs.principalId
  }
}]

module appAccess 'modules/app-access.bicep' = {
  name: 'app-access'
  scope: group
  params: {
    accountName: exchangeAccount.outputs.name
    hostAccountName: hostAccount.outputs.name
    working: working
    deadLetters: deadLetters
    workRole: roles.outputs.work
    receiveRole: roles.outputs.receive
    appendRole: roles.outputs.append
    inspectRole: roles.outputs.inspect
    appPrincipal: identity.outputs.principalId
  }
}

module operatorAccess 'modules/operators.bicep' = {
  name: 'operators'
  scope: group
  params: {
    accountName: exchangeAccount.outputs.name
    auditAccountName: auditAccount.outputs.name
    auditContainers: auditContainers
    deadLetters: deadLetters
    operators: principals.operators
    queues: waiting
    functionAppName: app.outputs.name
    topicName: topic.outputs.name
    appendRole: roles.outputs.append
    createRole: roles.outputs.create
    collectRole: roles.outputs.collect
    receiveRole: roles.outputs.receive
    workRole: roles.outputs.work
    seeRole: roles.outputs.see
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    name: 'kv-bx-${token}'
    location: location
    keyNames: concat(map(senders, slug => 'drop-${slug}'), ['staging'])
    networkRule: networkRule
    addresses: operatorDoors
    keepers: principals.keepers
    keepRole: roles.outputs.keep
    appPrincipal: identity.outputs.principalId
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    environmentName: environmentName
    location: location
    appPrincipal: identity.outputs.principalId
    logsRole: roles.outputs.logs
  }
}

module diagnostics 'modules/diagnostics.bicep' = {
  name: 'diagnostics'
  scope: group
  params: {
    accountName: exchangeAccount.outputs.name
    vaultName: vault.outputs.name
    workspaceId: monitoring.outputs.workspaceId
    auditAccountId: auditAccount.outputs.id
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  name: 'network'
  scope: group
  params: {
    location: location
    exchangeAccountId: exchangeAccount.outputs.id
    hostAccountId: hostAccount.outputs.id
    vaultId: vault.outputs.id
  }
}

module app 'modules/function-app.bicep' = {
  name: 'function-app'
  scope: group
  params: {
    name: 'func-bx-${token}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    recordsIdentityId: recordsIdentity.outputs.id
    recordsIdentityClientId: recordsIdentity.outputs.clientId
    hostAccountName: hostAccount.outputs.name
    exchangeAccountName: exchangeAccount.outputs.name
    exchangeAccountId: exchangeAccount.outputs.id
    logWorkspace: monitoring.outputs.workspaceCustomerId
    vaultUri: vault.outputs.uri
    insightsConnection: monitoring.outputs.insightsConnection
    privateNetwork: privateNetwork
    subnetId: privateNetwork ? network.outputs.appSubnetId : ''
    operatorAddresses: operatorDoors
  }
  dependsOn: [appAccess, recordsAccess]
}

module topic 'modules/topic.bicep' = {
  name: 'topic'
  scope: group
  params: {
    location: location
    accountName: exchangeAccount.outputs.name
    deadLetters: deadLetters
    queues: concat([policyRuns], privateNetwork ? eventQueues : [])
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    location: location
    emails: emails
    workspaceId: monitoring.outputs.workspaceId
    exchangeAccountId: exchangeAccount.outputs.id
    topicId: topic.outputs.id
    appPrincipal: identity.outputs.principalId
    recordsPrincipal: recordsIdentity.outputs.principalId
    keepers: principals.keepers
    people: people
  }
}

output AZURE_RESOURCE_GROUP string = group.name
output EXCHANGE_ACCOUNT string = exchangeAccount.outputs.name
output EXCHANGE_AUDIT_ACCOUNT string = auditAccount.outputs.name
output EXCHANGE_AUDIT_CONTAINERS string = join(auditContainers, ' ')
output EXCHANGE_FUNCTION_APP string = app.outputs.name
output EXCHANGE_APP string = 'https://${app.outputs.hostName}'
output EXCHANGE_APP_ID string = app.outputs.id
output EXCHANGE_APP_PRINCIPAL string = identity.outputs.principalId
output EXCHANGE_RECORDS_PRINCIPAL string = recordsIdentity.outputs.principalId
output EXCHANGE_TOPIC_PRINCIPAL string = topic.outputs.principalId
output EXCHANGE_TOPIC string = topic.outputs.name
output EXCHANGE_TOPIC_ID string = topic.outputs.id
output EXCHANGE_PRIVATE_NETWORK bool = privateNetwork
output EXCHANGE_KEY_VAULT string = vault.outputs.uri
