// The whole exchange in one resource group of one region. What the agreements say is read from them, never repeated:
// who takes part in any, who may drop anything, how long data lives, how many officers a party may name.
// Event subscriptions are a second step (events.bicep): they need a key that exists only once the code is deployed.
//
// Every name is worked out here, so that `azd provision --preview` sees into each module: what has a name that another
// module gives is left out of a preview.
targetScope = 'subscription'

import { firstDayOfMonth, forStorage, mailAddresses, publicRanges } from 'lists.bicep'
import { everyone, maintenance, peopleOf, principalsFile, webhook } from 'types.bicep'

@description('Short name of this deployment, such as pilot or live.')
@minLength(2)
@maxLength(12)
param environmentName string

@description('The agreement allows no other region.')
@allowed(['uksouth'])
param location string = 'uksouth'

@description('true: storage, vault and app are reached through private endpoints, and events wait in storage queues.')
param privateNetwork bool = false

@description('With privateNetwork: public addresses and ranges from which boroughs reach the exchange account.')
param boroughAddresses string = ''

@description('Public addresses and ranges of operators: the health page, the audit logs and, in the private variant, the vault and the exchange account.')
param operatorAddresses string = ''

@description('Who is told of alarms.')
param alertEmails string

@description('Who is told of what cannot wait, severity 0 and 1; those of alertEmails where it is empty.')
param onCallEmails string = ''

@description('A webhook of the council\'s desk that asks for a token of Entra; told of severity 0 and 1.')
param desk webhook?

@description('A time in which only severity 0 is told.')
param quiet maintenance?

@description('Budget of a month, in the currency of the subscription.')
@minValue(1)
param budgetAmount int = 300

@description('First day of the month in which the budget begins, such as 2026-12-01; it cannot be changed afterwards.')
param budgetStart string

@description('Whether the audit containers are locked already. A locked policy cannot be written again, so it is left.')
param auditLocked bool = false

@description('The same of ledger and certificates.')
param recordsLocked bool = false

@description('Whether what must not go by mistake is locked against deletion; false for a trial that will be taken down.')
param locks bool = true

@description('Object ids in Entra: the identity and the officers of each borough, operators, keepers of keys.')
param principals principalsFile = loadYamlContent('principals.yaml')

// Made from every agreement of the registry (`make docs`).
var agreed = loadYamlContent('agreements.yaml')
var agreements = agreed.agreements
var slugs = union(flatten(map(agreements, one => one.parties)), [])
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
  filter(limits, one => length(principals.boroughs[?one.slug].?officers ?? []) > one.officers),
  one => one.slug
)
// One policy for all: what one agreement keeps, the backstop of another must not take before it is swept and certified.
var lifecycleDays = backstop > lastSweep
  ? backstop
  : fail('An agreement sweeps on day ${lastSweep}, after the lifecycle policy of another, day ${backstop}.')
var absent = filter(slugs, slug => empty(principals.boroughs[?slug].?identity ?? ''))
var limited = empty(crowded) ? slugs : fail('More officers than an agreement allows: ${join(crowded, ', ')}.')
var present = empty(absent) ? limited : fail('No identity in principals.yaml: ${join(absent, ', ')}.')
// One id is the same in small letters and in large.
var named = map(
  flatten(map(present, slug => [
    principals.boroughs[slug].identity
    ...principals.boroughs[slug].officers
  ])),
  id => toLower(id)
)
var boroughs = length(union(named, [])) == length(named) ? present : fail('One principal is named twice.')

var parties = map(boroughs, slug => {
  slug: slug
  identity: principals.boroughs[slug].identity
  officers: principals.boroughs[slug].officers
  drops: contains(dropping, slug)
})
var operators = everyone('operators', principals.operators)
var keepers = everyone('keepers', principals.keepers)

// Who only collects has no inbox, no key to drop with, and no event.
var senders = filter(boroughs, slug => contains(dropping, slug))
var inboxes = map(senders, slug => '${slug}-inbox')
var outboxes = map(boroughs, slug => '${slug}-outbox')
var ofRows = ['staging', 'requests', 'claims']
// What is remembered for longer than rows, as pseudonyms, has a backstop of its own.
var remembered = map(agreed.remembered, one => one.container)
// What a hold keeps: no policy takes it, only the sweep once no hold keeps it any more.
var held = 'held'
var working = [...ofRows, ...remembered, held]
var deadLetters = 'deadletter'
var personal = [...inboxes, ...outboxes, ...ofRows, deadLetters]
var records = ['ledger', 'certificates']
var lasting = [...records, 'reference']
var eventQueues = [...map(senders, slug => 'drop-${slug}'), 'request']
// The host would make the poison queues when it needs them; made here, operators can be given them.
var givenUp = map(eventQueues, queue => '${queue}-poison')
// Runs of the lifecycle policy are reported into a queue, in either variant: a report is no blob.
var policyRuns = 'policy-runs'
var waiting = [
  'webjobs-blobtrigger-poison'
  policyRuns
  '${policyRuns}-poison'
  ...(privateNetwork ? [...givenUp, ...eventQueues] : [])
]
var auditContainers = [
  ...map(['storageread', 'storagewrite', 'storagedelete', 'auditevent'], log => 'insights-logs-${log}')
  'insights-activity-logs'
]

var emails = mailAddresses('EXCHANGE_ALERT_EMAILS', alertEmails)
var onCall = empty(trim(onCallEmails)) ? emails : mailAddresses('EXCHANGE_ON_CALL_EMAILS', onCallEmails)
var boroughRanges = publicRanges('EXCHANGE_BOROUGH_ADDRESSES', boroughAddresses)
var operatorRanges = publicRanges('EXCHANGE_OPERATOR_ADDRESSES', operatorAddresses)
var networkRule = privateNetwork ? 'Deny' : 'Allow'
var tags = {
  'azd-env-name': environmentName
}

var token = uniqueString(subscription().id, environmentName)
var exchangeName = 'bxexch${token}'
var hostName = 'bxhost${token}'
var auditName = 'bxaudit${token}'
var vaultName = 'kv-bx-${token}'
var appName = 'func-bx-${token}'
var topicName = 'evgt-${exchangeName}'
var workspaceName = 'log-borough-exchange-${environmentName}'
var appIdentity = 'id-borough-exchange-${environmentName}'
var recordsIdentity = 'id-borough-exchange-records-${environmentName}'
var alarmsIdentity = 'id-borough-exchange-alarms-${environmentName}'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-borough-exchange-${environmentName}'
  location: location
  tags: tags
}

module governance 'modules/governance.bicep' = {
  scope: group
  params: {
    location: location
    budgetAmount: budgetAmount
    budgetStart: firstDayOfMonth('EXCHANGE_BUDGET_START', budgetStart)
    emails: emails
  }
}

module exchangeAccount 'modules/storage-account.bicep' = {
  scope: group
  params: {
    name: exchangeName
    location: location
    containers: [...personal, ...remembered, held, ...lasting]
    queues: waiting
    networkRule: networkRule
    // Operators read the ledger, and replay what was given up.
    addresses: forStorage(union(boroughRanges, operatorRanges))
  }
}

module hostAccount 'modules/storage-account.bicep' = {
  scope: group
  params: {
    name: hostName
    location: location
    containers: ['app-package']
    queues: []
    networkRule: networkRule
    addresses: []
  }
}

module auditAccount 'modules/storage-account.bicep' = {
  scope: group
  params: {
    name: auditName
    location: location
    containers: auditContainers
    queues: []
    networkRule: 'Deny'
    addresses: forStorage(operatorRanges)
  }
}

module lifecycle 'modules/lifecycle.bicep' = {
  scope: group
  dependsOn: [exchangeAccount]
  params: {
    accountName: exchangeName
    prefixes: map(personal, container => '${container}/')
    days: lifecycleDays
    remembered: agreed.remembered
  }
}

module auditKept 'modules/kept.bicep' = if (!auditLocked) {
  scope: group
  dependsOn: [auditAccount]
  params: {
    accountName: auditName
    containers: auditContainers
    days: ledgerDays
    appends: true
  }
}

// Created once, and deleted when the days are over by an identity that can do nothing else: a policy of as many days fits.
module recordsKept 'modules/kept.bicep' = if (!recordsLocked) {
  scope: group
  dependsOn: [exchangeAccount]
  params: {
    accountName: exchangeName
    containers: records
    days: ledgerDays
    appends: false
  }
}

module lockIt 'modules/locks.bicep' = if (locks) {
  scope: group
  // Last of all: a lock bars what a first deployment that failed half way may still have to replace.
  dependsOn: [vault, monitoring, hostAccount, auditAccount, operatorAccess]
  params: {
    vaultName: vaultName
    workspaceName: workspaceName
    hostAccountName: hostName
    auditAccountName: auditName
  }
}

module activity 'modules/activity.bicep' = {
  dependsOn: [monitoring, auditKept]
  params: {
    environmentName: environmentName
    group: group.name
    workspaceName: workspaceName
    auditAccountName: auditName
  }
}

module roles 'modules/roles.bicep' = {
  scope: group
  params: {
    environmentName: environmentName
  }
}

// Made before the app, so that their rights are there when it starts.
module identities 'modules/identities.bicep' = {
  scope: group
  params: {
    names: [appIdentity, recordsIdentity, alarmsIdentity]
    location: location
  }
}

module recordsAccess 'modules/records-access.bicep' = {
  scope: group
  dependsOn: [roles, identities, exchangeAccount]
  params: {
    accountName: exchangeName
    recordsIdentity: recordsIdentity
  }
}

module access 'modules/borough.bicep' = [
  for one in parties: {
    scope: group
    dependsOn: [roles, identities, exchangeAccount]
    params: {
      accountName: exchangeName
      borough: one
      appIdentity: appIdentity
    }
  }
]

module appAccess 'modules/app-access.bicep' = {
  scope: group
  dependsOn: [roles, identities, exchangeAccount, hostAccount]
  params: {
    accountName: exchangeName
    hostAccountName: hostName
    working: working
    deadLetters: deadLetters
    appIdentity: appIdentity
  }
}

module operatorAccess 'modules/operators.bicep' = {
  scope: group
  dependsOn: [roles, exchangeAccount, auditAccount, app, topic]
  params: {
    accountName: exchangeName
    auditAccountName: auditName
    auditContainers: auditContainers
    deadLetters: deadLetters
    operators: operators
    queues: waiting
    functionAppName: appName
    topicName: topicName
  }
}

module vault 'modules/vault.bicep' = {
  scope: group
  dependsOn: [roles, identities]
  params: {
    name: vaultName
    location: location
    keyNames: [...map(senders, slug => 'drop-${slug}'), 'staging']
    networkRule: networkRule
    addresses: operatorRanges
    keepers: keepers
    appIdentity: appIdentity
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  dependsOn: [roles, identities]
  params: {
    environmentName: environmentName
    workspaceName: workspaceName
    location: location
    appIdentity: appIdentity
    alarmsIdentity: alarmsIdentity
  }
}

module diagnostics 'modules/diagnostics.bicep' = {
  scope: group
  dependsOn: [exchangeAccount, auditAccount, vault, monitoring]
  params: {
    accountName: exchangeName
    auditAccountName: auditName
    vaultName: vaultName
    workspaceName: workspaceName
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  scope: group
  dependsOn: [exchangeAccount, hostAccount, vault]
  params: {
    location: location
    exchangeAccountName: exchangeName
    hostAccountName: hostName
    vaultName: vaultName
  }
}

module app 'modules/function-app.bicep' = {
  scope: group
  dependsOn: [appAccess, recordsAccess, monitoring, vault, network]
  params: {
    name: appName
    location: location
    tags: tags
    appIdentity: appIdentity
    recordsIdentity: recordsIdentity
    hostAccountName: hostName
    exchangeAccountName: exchangeName
    environmentName: environmentName
    workspaceName: workspaceName
    vaultName: vaultName
    privateNetwork: privateNetwork
    operatorRanges: operatorRanges
  }
}

module appDoor 'modules/app-door.bicep' = if (privateNetwork) {
  scope: group
  dependsOn: [app]
  params: {
    location: location
    appName: appName
  }
}

module topic 'modules/topic.bicep' = {
  scope: group
  dependsOn: [exchangeAccount]
  params: {
    name: topicName
    location: location
    accountName: exchangeName
    deadLetters: deadLetters
    queues: [policyRuns, ...(privateNetwork ? eventQueues : [])]
  }
}

module told 'modules/told.bicep' = {
  scope: group
  params: {
    location: location
    emails: emails
    onCallEmails: onCall
    desk: desk
    quiet: quiet
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  dependsOn: [monitoring, diagnostics, told]
  params: {
    location: location
    workspaceName: workspaceName
    appIdentity: appIdentity
    recordsIdentity: recordsIdentity
    alarmsIdentity: alarmsIdentity
    keepers: flatten(map(principals.keepers, one => peopleOf(one)))
    deployers: flatten(map(principals.?deployers ?? [], one => peopleOf(one)))
    operators: flatten(map(principals.operators, one => peopleOf(one)))
    parties: parties
    silence: privateNetwork ? '10m' : '30m'
  }
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  dependsOn: [monitoring]
  params: {
    location: location
    workspaceName: workspaceName
  }
}

module metricAlerts 'modules/metric-alerts.bicep' = {
  scope: group
  dependsOn: [monitoring, topic, app, told]
  params: {
    location: location
    environmentName: environmentName
    topicName: topicName
    appName: appName
    probed: !privateNetwork
  }
}

output AZURE_RESOURCE_GROUP string = group.name
output EXCHANGE_ACCOUNT string = exchangeName
output EXCHANGE_AUDIT_ACCOUNT string = auditName
output EXCHANGE_AUDIT_CONTAINERS string = join(auditContainers, ' ')
output EXCHANGE_FUNCTION_APP string = appName
output EXCHANGE_APP string = 'https://${app.outputs.hostName}'
output EXCHANGE_APP_ID string = app.outputs.id
output EXCHANGE_APP_PRINCIPAL string = identities.outputs.principals[0]
output EXCHANGE_RECORDS_PRINCIPAL string = identities.outputs.principals[1]
output EXCHANGE_ALARMS_PRINCIPAL string = identities.outputs.principals[2]
output EXCHANGE_TOPIC_PRINCIPAL string = topic.outputs.principalId
output EXCHANGE_TOPIC string = topicName
output EXCHANGE_TOPIC_ID string = topic.outputs.id
output EXCHANGE_PRIVATE_NETWORK bool = privateNetwork
output EXCHANGE_KEY_VAULT string = vault.outputs.uri
