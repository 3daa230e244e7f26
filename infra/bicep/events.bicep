// Second step, after the code: who is told of which blob, and of each run of the lifecycle policy. Run by azure.yaml's postdeploy hook.
// One subscription per inbox, and one for requests, each with a subject that ends in "/": the host does not check
// whose blob it is handed, and "lambeth-inbox" without the slash also means "lambeth-inbox-old".
targetScope = 'resourceGroup'

param accountName string
param topicName string
param functionAppName string

@description('true: into storage queues, because nothing can be pushed to a private app.')
param privateNetwork bool = false

var agreed = loadYamlContent('agreements.yaml')
var agreements = agreed.agreements
var lifecycleDays = min(map(agreements, one => one.lifecycle_days))
// Who only collects drops nothing.
var dropping = flatten(map(agreements, one => one.dropping))
var drops = map(union(dropping, []), slug => {
  name: 'drop-${slug}'
  function: 'drop_${replace(slug, '-', '_')}'
  container: '${slug}-inbox'
})
var feeds = [
  ...drops
  {
    name: 'request'
    function: 'request'
    container: 'requests'
  }
]

// Without the second filter one upload in blocks is several events.
var finished = [
  {
    operatorType: 'StringIn'
    key: 'data.api'
    values: ['PutBlob', 'PutBlockList', 'CopyBlob', 'FlushWithClose']
  }
]
var persistence = {
  maxDeliveryAttempts: 30
  eventTimeToLiveInMinutes: 1440
}
var asTheTopic = {
  type: 'SystemAssigned'
}
var letterBox = {
  endpointType: 'StorageBlob'
  properties: {
    resourceId: account.id
    blobContainerName: 'deadletter'
  }
}

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: accountName
}

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: functionAppName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource pushed 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = [
  for feed in (privateNetwork ? [] : feeds): {
    parent: topic
    name: feed.name
    properties: {
      destination: {
        endpointType: 'WebHook'
        properties: {
          endpointUrl: 'https://${app.properties.defaultHostName}/runtime/webhooks/blobs?functionName=Host.Functions.${feed.function}&code=${listKeys('${app.id}/host/default', '2025-03-01').systemKeys.blobs_extension}'
          maxEventsPerBatch: 1
        }
      }
      eventDeliverySchema: 'EventGridSchema'
      filter: {
        includedEventTypes: ['Microsoft.Storage.BlobCreated']
        subjectBeginsWith: '/blobServices/default/containers/${feed.container}/blobs/'
        advancedFilters: finished
      }
      retryPolicy: persistence
      deadLetterWithResourceIdentity: {
        identity: asTheTopic
        deadLetterDestination: letterBox
      }
    }
  }
]

resource queued 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = [
  for feed in (privateNetwork ? feeds : []): {
    parent: topic
    name: feed.name
    properties: {
      deliveryWithResourceIdentity: {
        identity: asTheTopic
        destination: {
          endpointType: 'StorageQueue'
          properties: {
            resourceId: account.id
            queueName: feed.name
            // As long as anything may live.
            queueMessageTimeToLiveInSeconds: lifecycleDays * 86400
          }
        }
      }
      eventDeliverySchema: 'EventGridSchema'
      filter: {
        includedEventTypes: ['Microsoft.Storage.BlobCreated']
        subjectBeginsWith: '/blobServices/default/containers/${feed.container}/blobs/'
        advancedFilters: finished
      }
      retryPolicy: persistence
      deadLetterWithResourceIdentity: {
        identity: asTheTopic
        deadLetterDestination: letterBox
      }
    }
  }
]

// A run of the lifecycle policy is about no single blob, so it has no subject to filter by. It goes into a queue with or
// without a private network: what it may name (blobs that could not be deleted) then lies in this account alone.
resource policyRuns 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'policy-runs'
  properties: {
    deliveryWithResourceIdentity: {
      identity: asTheTopic
      destination: {
        endpointType: 'StorageQueue'
        properties: {
          resourceId: account.id
          queueName: 'policy-runs'
          queueMessageTimeToLiveInSeconds: lifecycleDays * 86400
        }
      }
    }
    eventDeliverySchema: 'EventGridSchema'
    filter: {
      includedEventTypes: ['Microsoft.Storage.LifecyclePolicyCompleted']
    }
    retryPolicy: persistence
    deadLetterWithResourceIdentity: {
      identity: asTheTopic
      deadLetterDestination: letterBox
    }
  }
}

@description('Every subscription, with the function that its events are for: infra/events.sh compares both with the app.')
output feeds { name: string, function: string }[] = [
  ...map(feeds, feed => { name: feed.name, function: feed.function })
  {
    name: policyRuns.name
    function: 'policy_runs'
  }
]
