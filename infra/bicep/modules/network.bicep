// The private variant: a network in which the app reaches storage and vault without the public internet.
param location string
param exchangeAccountId string
param hostAccountId string
param vaultId string

var storage = environment().suffixes.storage
var zoneNames = [
  'privatelink.blob.${storage}'
  'privatelink.queue.${storage}'
  'privatelink.vaultcore.azure.net'
]
// The poison queue and the queues of events need the queue endpoint as much as the drops need the blob endpoint.
var doors = [
  { name: 'exchange-blob', target: exchangeAccountId, part: 'blob', zone: 0 }
  { name: 'exchange-queue', target: exchangeAccountId, part: 'queue', zone: 1 }
  { name: 'host-blob', target: hostAccountId, part: 'blob', zone: 0 }
  { name: 'host-queue', target: hostAccountId, part: 'queue', zone: 1 }
  { name: 'vault', target: vaultId, part: 'vault', zone: 2 }
]

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: 'vnet-borough-exchange'
  location: location
  properties: {
    addressSpace: {
      addressPrefixes: ['10.40.0.0/24']
    }
  }
}

resource appSubnet 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' = {
  parent: network
  name: 'app'
  properties: {
    addressPrefix: '10.40.0.0/26'
    delegations: [
      {
        name: 'flex'
        properties: {
          serviceName: 'Microsoft.App/environments'
        }
      }
    ]
  }
}

resource endpointSubnet 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' = {
  parent: network
  name: 'endpoints'
  properties: {
    addressPrefix: '10.40.0.64/26'
  }
  // Two subnets of one network cannot be written at the same time.
  dependsOn: [appSubnet]
}

resource zones 'Microsoft.Network/privateDnsZones@2020-06-01' = [for zoneName in zoneNames: {
  name: zoneName
  location: 'global'
}]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = [for (zoneName, i) in zoneNames: {
  parent: zones[i]
  name: 'exchange'
  location: 'global'
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: network.id
    }
  }
}]

resource endpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [for door in doors: {
  name: 'pe-${door.name}'
  location: location
  properties: {
    subnet: {
      id: endpointSubnet.id
    }
    privateLinkServiceConnections: [
      {
        name: door.name
        properties: {
          privateLinkServiceId: door.target
          groupIds: [door.part]
        }
      }
    ]
  }
}]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [for (door, i) in doors: {
  parent: endpoints[i]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: door.part
        properties: {
          privateDnsZoneId: zones[door.zone].id
        }
      }
    ]
  }
}]

output appSubnetId string = appSubnet.id
