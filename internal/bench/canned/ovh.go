package canned

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
)

// What a client of the OVHcloud side needs to know. Its base URL is the server's
// with OVHRoot behind it.
const (
	OVHRoot              = "/v1"
	OVHApplicationKey    = "0123456789abcdef"
	OVHApplicationSecret = "0123456789abcdef0123456789abcdef" //nolint:gosec // G101: of a server in this process
	OVHConsumerKey       = "fedcba9876543210fedcba9876543210"
	OVHService           = "loadbalancer-0123456789abcdef"
	OVHFarm              = 12345
)

// Paths below OVHRoot.
const (
	OVHFarmPath    = "/ipLoadbalancing/" + OVHService + "/http/farm/12345"
	OVHServersPath = OVHFarmPath + "/server"
)

// ServerID is the number of the i-th server of the farm.
func ServerID(i int) int64 { return int64(700000 + i) }

// addOVH adds the answers of a service with one farm. All objects fit one page,
// as the API's default of about 1,000 allows.
func (s *Server) addOVH() {
	s.routes["GET "+OVHRoot+"/auth/time"] = &route{cloud: open, whole: s.message(open, 0, strconv.AppendInt(nil, time.Now().Unix(), 10))}
	s.get(ovh, OVHRoot+OVHFarmPath, Farm())
	var keys, objects bytes.Buffer
	for i := range Objects {
		separator := byte(',')
		if i == 0 {
			separator = '['
		}
		keys.WriteByte(separator)
		objects.WriteByte(separator)
		keys.WriteString(strconv.FormatInt(ServerID(i), 10))
		objects.Write(FarmServer(i))
		s.get(ovh, OVHRoot+OVHServersPath+"/"+strconv.FormatInt(ServerID(i), 10), FarmServer(i))
	}
	keys.WriteByte(']')
	objects.WriteByte(']')
	s.routes["GET "+OVHRoot+OVHServersPath] = &route{
		cloud: ovh, header: true, size: Objects, total: Objects,
		whole: s.message(ovh, 0, keys.Bytes()), pages: [][]byte{s.message(ovh, Objects, objects.Bytes())},
	}
}

// Farm is the farm.
func Farm() []byte {
	return fmt.Appendf(nil, `{"balance":"roundrobin","displayName":"shop","farmId":%d,"port":8080,`+
		`"probe":{"forceSsl":false,"interval":30,"match":"status","method":"GET","negate":false,"pattern":"200","port":8080,"type":"http","url":"/healthz"},`+
		`"stickiness":"cookie","vrackNetworkId":null,"zone":"gra"}`, OVHFarm)
}

// FarmServer is the i-th server of the farm.
func FarmServer(i int) []byte {
	return fmt.Appendf(nil, `{"address":"%s","backendId":%d,"backup":false,"chain":null,"cookie":"s%d","displayName":"server-%d","onMarkedDown":null,`+
		`"port":8080,"probe":true,"proxyProtocolVersion":null,"serverId":%d,`+
		`"serverState":[{"checkCode":"200","checkStatus":"L7OK","checkTime":"2026-08-17T13:12:40+02:00","instanceId":1,"lastCheckContent":null,"status":"UP"}],`+
		`"ssl":false,"status":"active","weight":%d}`, Server1(i), OVHFarm, i, i, ServerID(i), 1+i%256)
}
