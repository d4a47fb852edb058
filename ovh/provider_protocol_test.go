package ovh

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestProtocolsLoseNothing fills every field of each protocol's types and holds
// that the form of HTTP's carries all of them.
func TestProtocolsLoseNothing(t *testing.T) {
	t.Parallel()
	var tcpF TCPFrontend
	var udpF UDPFrontend
	var tcpS TCPServer
	var udpS UDPServer
	var udpG UDPFarm
	carries(t, &tcpF, func() any { return tcpFrontend(&tcpF).HTTPFrontend })
	carries(t, &udpF, func() any { return udpFrontend(&udpF).HTTPFrontend })
	carries(t, &tcpS, func() any { return tcpServer(&tcpS).HTTPServer })
	carries(t, &udpS, func() any { return udpServer(&udpS).HTTPServer })
	carries(t, &udpG, func() any { return udpFarm(&udpG).HTTPFarm })
	var frontend HTTPFrontendCreate
	var server HTTPServerCreate
	var pool HTTPFarmCreate
	carriedBy(t, &frontend, func() any { return tcpFrontendCreate(frontend) })
	carriedBy(t, &frontend, func() any { return udpFrontendCreate(frontend) })
	carriedBy(t, &server, func() any { return tcpServerCreate(server) })
	carriedBy(t, &server, func() any { return udpServerCreate(server) })
	carriedBy(t, &pool, func() any { return udpFarmCreate(pool) })
	var frontendU HTTPFrontendUpdate
	var serverU HTTPServerUpdate
	var poolU HTTPFarmUpdate
	carriedBy(t, &frontendU, func() any { return tcpFrontendUpdate(frontendU) })
	carriedBy(t, &frontendU, func() any { return udpFrontendUpdate(frontendU) })
	carriedBy(t, &serverU, func() any { return tcpServerUpdate(serverU) })
	carriedBy(t, &serverU, func() any { return udpServerUpdate(serverU) })
	carriedBy(t, &poolU, func() any { return udpFarmUpdate(poolU) })
}

// carries holds that every field of what from points to arrives.
func carries(t *testing.T, from any, convert func() any) {
	t.Helper()
	fill(reflect.ValueOf(from).Elem())
	source, arrived := asJSON(t, from), asJSON(t, convert())
	for name, value := range source {
		if diff := cmp.Diff(value, arrived[name]); diff != "" {
			t.Errorf("%T: %s (-want +got):\n%s", from, name, diff)
		}
	}
}

// carriedBy holds that every field that the converted type has is filled from the
// one of the same name.
func carriedBy(t *testing.T, from any, convert func() any) {
	t.Helper()
	fill(reflect.ValueOf(from).Elem())
	source, arrived := asJSON(t, from), asJSON(t, convert())
	want := reflect.TypeOf(convert()).NumField()
	if len(arrived) != want {
		t.Errorf("%T: %d of %d fields are set", convert(), len(arrived), want)
	}
	for name, value := range arrived {
		if diff := cmp.Diff(source[name], value); diff != "" {
			t.Errorf("%T: %s (-want +got):\n%s", convert(), name, diff)
		}
	}
}

func asJSON(t *testing.T, v any) map[string]any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// fill sets every field to something that is not zero, by way of JSON for those of
// a type that hides its own.
func fill(v reflect.Value) {
	for i := range v.NumField() {
		field := v.Field(i)
		texts := []string{`"7"`, `7`, `true`, `["7"]`, `[{"instanceId":7}]`, `{"type":"tcp"}`}
		for _, text := range texts {
			if json.Unmarshal([]byte(text), field.Addr().Interface()) == nil && !field.IsZero() {
				break
			}
		}
	}
}
