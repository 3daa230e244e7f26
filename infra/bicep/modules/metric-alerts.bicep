// What is known within minutes and without a log: whether events arrive, and whether the app answers.
param location string
param environmentName string
param topicName string
param appName string

@description('Whether a probe can reach the app from outside.')
param probed bool

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: appName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: 'appi-borough-exchange-${environmentName}'
}

resource operatorGroup 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  name: 'operators'
}

resource onCall 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  name: 'on-call'
}

var rules = [
  {
    name: 'events-dropped'
    severity: 0
    description: 'Event Grid could neither deliver an event nor bury it: of a drop, nobody was told, and no letter lies anywhere. Reconciliation takes the drop in all the same.'
    metric: 'DroppedEventCount'
    above: 0
    window: 'PT5M'
    apart: 'DropReason'
  }
  {
    name: 'deliveries-fail'
    severity: 1
    description: 'Events do not reach the app: it is down, refuses them, or their key has changed. A start after a rest costs one or two.'
    metric: 'DeliveryAttemptFailCount'
    above: 3
    window: 'PT15M'
    apart: 'EventSubscriptionName'
  }
  {
    name: 'dead-letters'
    severity: 2
    description: 'Event Grid gave an event up: a drop arrived and no function was told. Reconciliation takes the drop in and clears the letter; find out why it was not delivered.'
    metric: 'DeadLetteredCount'
    above: 0
    window: 'PT5M'
    apart: 'DeadLetterReason'
  }
]

resource counted 'Microsoft.Insights/metricAlerts@2026-01-01' = [
  for rule in rules: {
    name: rule.name
    location: 'global'
    properties: {
      description: '${rule.description} docs/operators/alarms.md'
      enabled: true
      severity: rule.severity
      scopes: [topic.id]
      evaluationFrequency: 'PT1M'
      windowSize: rule.window
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: 'events'
            criterionType: 'StaticThresholdCriterion'
            metricName: rule.metric
            operator: 'GreaterThan'
            threshold: rule.above
            timeAggregation: 'Total'
            dimensions: [
              {
                name: rule.apart
                operator: 'Include'
                values: ['*']
              }
            ]
          }
        ]
      }
      autoMitigate: true
      actions: map(rule.severity < 2 ? [operatorGroup.id, onCall.id] : [operatorGroup.id], id => { actionGroupId: id })
    }
  }
]

// One place is enough, and it is in the country: UK South. Every probe wakes the app and asks it for its account.
resource probe 'Microsoft.Insights/webtests@2022-06-15' = if (probed) {
  name: 'health-${appName}'
  location: location
  kind: 'standard'
  tags: {
    'hidden-link:${insights.id}': 'Resource'
  }
  properties: {
    SyntheticMonitorId: 'health-${appName}'
    Name: 'health'
    Description: 'GET /api/health, as exchange health asks it.'
    Enabled: true
    Kind: 'standard'
    Frequency: 300
    Timeout: 60
    RetryEnabled: true
    Locations: [
      {
        Id: 'emea-ru-msa-edge'
      }
    ]
    Request: {
      RequestUrl: 'https://${app.properties.defaultHostName}/api/health'
      HttpVerb: 'GET'
      ParseDependentRequests: false
    }
    ValidationRules: {
      ExpectedHttpStatusCode: 200
      SSLCheck: true
      SSLCertRemainingLifetimeCheck: 7
    }
  }
}

resource silent 'Microsoft.Insights/metricAlerts@2026-01-01' = if (probed) {
  name: 'health-fails'
  location: 'global'
  properties: {
    description: 'The app does not answer, or says that it is not well. docs/operators/alarms.md'
    enabled: true
    severity: 1
    scopes: [probe.id, insights.id]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: probe.id
      componentId: insights.id
      failedLocationCount: 1
    }
    autoMitigate: true
    actions: map([operatorGroup.id, onCall.id], id => { actionGroupId: id })
  }
}
