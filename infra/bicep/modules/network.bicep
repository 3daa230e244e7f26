// The private variant: a network in which the app reaches storage and vault without the public internet, with a way out
// for what is only public (Entra, Resource Manager, Log Analytics), and a subnet for whoever deploys from within.
// The door to the app itself is app-door.bicep: it needs the app.
param location string
param exchangeAccountName string
param hostAccountName string
param vaultName string

@export()
var networkName = 'vnet-borough-exchange'

@export()
var endpointRange = '10.40.0.64/26'

var storage = environment().suffixes.storage
var zoneNames = [
  'privatelink.blob.${storage}'
  'privatelink.queue.${storage}'
  'privatelink.vaultcore.azure.net'
]
// The poison queue and the queues of events need the queue endpoint as much as the drops need the blob endpoint.
var doors = [
  { name: 'exchange-blob', target: exchangeAccount.id, part: 'blob', zone: 0 }
  { name: 'exchange-queue', target: exchangeAccount.id, part: 'queue', zone: 1 }
  { name: 'host-blob', target: hostAccount.id, part: 'blob', zone: 0 }
  { name: 'host-queue', target: hostAccount.id, part: 'queue', zone: 1 }
  { name: 'vault', target: vault.id, part: 'vault', zone: 2 }
]

resource exchangeAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: exchangeAccountName
}

resource hostAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: hostAccountName
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

resource address 'Microsoft.Network/publicIPAddresses@2025-05-01' = {
  name: 'pip-borough-exchange'
  location: location
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIPAllocationMethod: 'Static'
  }
}

// A new network has no way out of its own.
resource wayOut 'Microsoft.Network/natGateways@2025-05-01' = {
  name: 'ng-borough-exchange'
  location: location
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIpAddresses: [
      {
        id: address.id
      }
    ]
  }
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: networkName
  location: location
  properties: {
    addressSpace: {
      addressPrefixes: ['10.40.0.0/24']
    }
  }

  resource appSubnet 'subnets' = {
    name: 'app'
    properties: {
      addressPrefix: '10.40.0.0/26'
      defaultOutboundAccess: false
      natGateway: {
        id: wayOut.id
      }
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

  resource endpointSubnet 'subnets' = {
    name: 'endpoints'
    properties: {
      addressPrefix: endpointRange
      defaultOutboundAccess: false
    }
    // Two subnets of one network cannot be written at the same time.
    dependsOn: [appSubnet]
  }

  resource runnerSubnet 'subnets' = {
    name: 'runner'
    properties: {
      addressPrefix: '10.40.0.128/27'
      defaultOutboundAccess: false
      natGateway: {
        id: wayOut.id
      }
    }
    dependsOn: [endpointSubnet]
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zoneName in zoneNames: {
    name: zoneName
    location: 'global'
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zoneName, i) in zoneNames: {
    parent: zones[i]
    name: 'exchange'
    location: 'global'
    properties: {
      registrationEnabled: false
      virtualNetwork: {
        id: network.id
      }
    }
  }
]

resource endpoints 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for door in doors: {
    name: 'pe-${door.name}'
    location: location
    properties: {
      subnet: {
        id: network::endpointSubnet.id
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
  }
]

resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (door, i) in doors: {
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
  }
]
