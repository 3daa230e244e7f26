// The private variant's door to the app, for whoever deploys from within the network: one private endpoint, whose address
// stands under two names, the app's and that of its deployment site. Both records are written out, at an address of our
// choice: whether a zone group writes the second is not documented for this plan.
import { endpointRange, networkName } from 'network.bicep'

param location string
param appName string

var zoneName = 'privatelink.azurewebsites.net'
// From the end of the subnet: other endpoints take theirs from its beginning.
var address = cidrHost(endpointRange, 55)

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: appName
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' existing = {
  name: networkName

  resource endpointSubnet 'subnets' existing = {
    name: 'endpoints'
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2025-05-01' = {
  name: 'pe-app'
  location: location
  properties: {
    subnet: {
      id: network::endpointSubnet.id
    }
    ipConfigurations: [
      {
        name: 'app'
        properties: {
          groupId: 'sites'
          memberName: 'sites'
          privateIPAddress: address
        }
      }
    ]
    privateLinkServiceConnections: [
      {
        name: 'app'
        properties: {
          privateLinkServiceId: app.id
          groupIds: ['sites']
        }
      }
    ]
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: zoneName
  location: 'global'

  resource link 'virtualNetworkLinks' = {
    name: 'exchange'
    location: 'global'
    properties: {
      registrationEnabled: false
      virtualNetwork: {
        id: network.id
      }
    }
  }

  resource records 'A' = [
    for name in [appName, '${appName}.scm']: {
      name: name
      properties: {
        ttl: 300
        aRecords: [
          {
            ipv4Address: address
          }
        ]
      }
    }
  ]
}
