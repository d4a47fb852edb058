package ovh

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/internal/reference"
)

// schemaType is a type of the published schema.
type schemaType struct {
	Kind   string                     `json:"kind"`
	Values []any                      `json:"values"`
	Fields map[string]json.RawMessage `json:"fields"`
}

func readReference(t *testing.T, name string, out any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(reference.Dir(t), "ovh", name)) //nolint:gosec // G304: the tests name the files
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatal(err)
	}
}

// known makes a Known method a function of text.
func known[E interface {
	~string
	Known() bool
}](text string) bool {
	return E(text).Known()
}

// Every value of every enum is a constant, but for those that are for OVH's own
// use, and nothing else is.
func TestEnumsAreThoseOfTheSchema(t *testing.T) {
	t.Parallel()
	enums := map[string]func(string) bool{
		"auth.CredentialStateEnum":                        known[CredentialStatus],
		"auth.MethodEnum":                                 known[AuthMethod],
		"iam.resource.TagFilter.OperatorEnum":             known[TagOperator],
		"ip.IpTypeEnum":                                   known[IPType],
		"ip.TaskFunctionEnum":                             known[IPTaskFunction],
		"ip.TaskStatusEnum":                               known[IPTaskStatus],
		"ipLoadbalancing.BackendCustomerServerStatusEnum": known[ServerStatus],
		"ipLoadbalancing.BalanceHTTPEnum":                 known[Balance],
		"ipLoadbalancing.BalanceTCPEnum":                  known[Balance],
		"ipLoadbalancing.IpStateEnum":                     known[LoadBalancerState],
		"ipLoadbalancing.OnMarkedDownEnum":                known[OnMarkedDown],
		"ipLoadbalancing.ProbeExpectMatchEnum":            known[ProbeMatch],
		"ipLoadbalancing.ProbeMethodEnum":                 known[ProbeMethod],
		"ipLoadbalancing.ProbeTypeEnum":                   known[ProbeType],
		"ipLoadbalancing.ProxyProtocolVersionEnum":        known[ProxyProtocol],
		"ipLoadbalancing.RouteRuleMatchesEnum":            known[RuleMatch],
		"ipLoadbalancing.RouteStatusEnum":                 known[RouteStatus],
		"ipLoadbalancing.SslConfigurationEnum":            known[SSLConfiguration],
		"ipLoadbalancing.SslTypeEnum":                     known[CertificateType],
		"ipLoadbalancing.StickinessHTTPEnum":              known[Stickiness],
		"ipLoadbalancing.StickinessTCPEnum":               known[Stickiness],
		"ipLoadbalancing.TaskActionEnum":                  known[TaskAction],
		"ipLoadbalancing.TaskStatusEnum":                  known[TaskStatus],
		"ipLoadbalancing.VrackStateEnum":                  known[VRackState],
		"ipLoadbalancing.status.Enum":                     known[StatusLevel],
		"service.RenewalTypeEnum":                         known[RenewalType],
		"service.StateEnum":                               known[ServiceStatus],
		"service.TerminationFutureUseEnum":                known[TerminationFutureUse],
		"service.TerminationReasonEnum":                   known[TerminationReason],
	}
	// Enums that are plain text or numbers here, because they name things.
	plain := []string{
		"auth.HTTPMethodEnum", "coreTypes.CountryEnum", "coreTypes.RegionCodenameEnum", "ip.IpVersionEnum",
		"ipLoadbalancing.ProxyTypeEnum", // of an operation that is for OVH's own use
	}
	var types map[string]schemaType
	readReference(t, "types.json", &types)
	for _, name := range slices.Sorted(maps.Keys(types)) {
		if types[name].Kind != "enum" || slices.Contains(plain, name) {
			continue
		}
		isKnown := enums[name]
		if isKnown == nil {
			t.Errorf("%s has no type", name)
			continue
		}
		for _, value := range types[name].Values {
			text, ok := value.(string)
			if !ok || isKnown(text) == (text == "internal") {
				t.Errorf("%s %v: known is %t", name, value, isKnown(text))
			}
		}
		if isKnown("something new") {
			t.Errorf("%s knows what does not exist", name)
		}
	}
}

// The states of instances are text in the schema, and words in the documentation
// (seed 000).
func TestInstanceStatusIsThatOfTheDocumentation(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"running": true, "reload": true, "unknown": true, "dead": true, "something new": false} {
		var got []InstanceState
		if err := json.Unmarshal([]byte(`[{"state":"`+text+`"}]`), &got); err != nil || string(got[0].State) != text || got[0].State.Known() != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}

// Every field of every object that the API answers with has one here.
func TestFieldsAreThoseOfTheSchema(t *testing.T) {
	t.Parallel()
	objects := map[string]reflect.Type{
		"auth.AccessRule":                        reflect.TypeFor[AccessRule](),
		"auth.ApiCredential":                     reflect.TypeFor[Credential](),
		"auth.ApiCredentialRequest":              reflect.TypeFor[RequestedCredential](),
		"auth.Details":                           reflect.TypeFor[AuthDetails](),
		"iam.ResourceMetadata":                   reflect.TypeFor[IAM](),
		"iam.resource.TagFilter":                 reflect.TypeFor[TagFilter](),
		"ip.Destination":                         reflect.TypeFor[IPDestination](),
		"ip.Destinations":                        reflect.TypeFor[IPDestinations](),
		"ip.IpTask":                              reflect.TypeFor[IPTask](),
		"ip.IpWithIAM":                           reflect.TypeFor[IP](),
		"ip.RoutedTo":                            reflect.TypeFor[RoutedTo](),
		"ipLoadbalancing.BackendProbe":           reflect.TypeFor[Probe](),
		"ipLoadbalancing.DefinedFarm":            reflect.TypeFor[DefinedFarm](),
		"ipLoadbalancing.DefinedFrontend":        reflect.TypeFor[DefinedFrontend](),
		"ipLoadbalancing.DefinedRoute":           reflect.TypeFor[DefinedRoute](),
		"ipLoadbalancing.FarmAvailableProbe":     reflect.TypeFor[AvailableProbe](),
		"ipLoadbalancing.InstancesState":         reflect.TypeFor[InstanceState](),
		"ipLoadbalancing.IpWithIAM":              reflect.TypeFor[LoadBalancer](),
		"ipLoadbalancing.LdpKind.LdpKind":        reflect.TypeFor[LogKind](),
		"ipLoadbalancing.LogUrl":                 reflect.TypeFor[LogURL](),
		"ipLoadbalancing.MetricsToken":           reflect.TypeFor[MetricsToken](),
		"ipLoadbalancing.NatIps":                 reflect.TypeFor[NATIPs](),
		"ipLoadbalancing.OrderableZone":          reflect.TypeFor[OrderableZone](),
		"ipLoadbalancing.PendingChanges":         reflect.TypeFor[PendingChanges](),
		"ipLoadbalancing.Quota.Quota":            reflect.TypeFor[Quota](),
		"ipLoadbalancing.RouteAvailableAction":   reflect.TypeFor[AvailableRouteAction](),
		"ipLoadbalancing.RouteAvailableRule":     reflect.TypeFor[AvailableRouteRule](),
		"ipLoadbalancing.RouteHttp.RouteHttp":    reflect.TypeFor[HTTPRoute](),
		"ipLoadbalancing.RouteHttpAction":        reflect.TypeFor[HTTPRouteAction](),
		"ipLoadbalancing.RouteRule.RouteRule":    reflect.TypeFor[Rule](),
		"ipLoadbalancing.RouteTcp.RouteTcp":      reflect.TypeFor[TCPRoute](),
		"ipLoadbalancing.RouteTcpAction":         reflect.TypeFor[TCPRouteAction](),
		"ipLoadbalancing.ServerState":            reflect.TypeFor[ServerState](),
		"ipLoadbalancing.Ssl.Ssl":                reflect.TypeFor[Certificate](),
		"ipLoadbalancing.Status":                 reflect.TypeFor[Status](),
		"ipLoadbalancing.Task.Task":              reflect.TypeFor[Task](),
		"ipLoadbalancing.VrackInformation":       reflect.TypeFor[VRackStatus](),
		"ipLoadbalancing.Zone.Zone":              reflect.TypeFor[Zone](),
		"ipLoadbalancing.backendTcp.BackendTcp":  reflect.TypeFor[TCPFarm](),
		"ipLoadbalancing.backendUdp.BackendUdp":  reflect.TypeFor[UDPFarm](),
		"ipLoadbalancing.status.Component":       reflect.TypeFor[ComponentHealth](),
		"ipLoadbalancing.status.ComponentStatus": reflect.TypeFor[HealthCounts](),
		"ipLoadbalancing.status.Service":         reflect.TypeFor[ServiceHealth](),
		"service.RenewType":                      reflect.TypeFor[Renewal](),
		"services.Service":                       reflect.TypeFor[ServiceInfo](),

		"ipLoadbalancing.LdpSubscription.LdpSubscription":             reflect.TypeFor[LogSubscription](),
		"ipLoadbalancing.LogSubscriptionResource":                     reflect.TypeFor[LogResource](),
		"ipLoadbalancing.LogSubscriptionResponse":                     reflect.TypeFor[LogOperation](),
		"ipLoadbalancing.QuotaHistory.QuotaHistory":                   reflect.TypeFor[QuotaHistory](),
		"ipLoadbalancing.VrackNetwork.VrackNetwork":                   reflect.TypeFor[VRackNetwork](),
		"ipLoadbalancing.VrackNetworkCreationRules":                   reflect.TypeFor[VRackNetworkCreationRules](),
		"ipLoadbalancing.backendHttp.BackendHttp":                     reflect.TypeFor[HTTPFarm](),
		"ipLoadbalancing.backendHttpCustomerServer.BackendHTTPServer": reflect.TypeFor[HTTPServer](),
		"ipLoadbalancing.backendTcpCustomerServer.BackendTCPServer":   reflect.TypeFor[TCPServer](),
		"ipLoadbalancing.backendUdpCustomerServer.BackendUDPServer":   reflect.TypeFor[UDPServer](),
		"ipLoadbalancing.frontendHttp.FrontendHttp":                   reflect.TypeFor[HTTPFrontend](),
		"ipLoadbalancing.frontendTcp.FrontendTcp":                     reflect.TypeFor[TCPFrontend](),
		"ipLoadbalancing.frontendUdp.FrontendUdp":                     reflect.TypeFor[UDPFrontend](),
	}
	covered := []string{
		"auth.AccessRuleRequest",    // as AccessRule
		"ip.Ip",                     // as IP, less iam
		"ipLoadbalancing.Ip",        // as LoadBalancer, less iam
		"ipLoadbalancing.RouteRule", // as Rule, less displayName

		// Of operations that are for OVH's own use.
		"ipLoadbalancing.Frontend.Frontend",
		"ipLoadbalancing.VrackTransparentGateways",
		"ipLoadbalancing.VrackTransparentIp.VrackTransparentIp",
	}
	var types map[string]schemaType
	readReference(t, "types.json", &types)
	for _, name := range slices.Sorted(maps.Keys(types)) {
		if types[name].Kind != "object" || slices.Contains(covered, name) {
			continue
		}
		if objects[name] == nil {
			t.Errorf("%s has no type", name)
			continue
		}
		want := slices.Sorted(maps.Keys(types[name].Fields))
		if diff := cmp.Diff(want, jsonNames(objects[name])); diff != "" {
			t.Errorf("%s as %s (-schema +type):\n%s", name, objects[name].Name(), diff)
		}
	}
}

// jsonNames are the names of a struct's fields in JSON, sorted.
func jsonNames(of reflect.Type) []string {
	var names []string
	for i := range of.NumField() {
		name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Every field that a create or an update may write can be written, and no other.
func TestBodiesAreThoseOfTheSchema(t *testing.T) {
	t.Parallel()
	var schema []struct {
		Method    string                     `json:"method"`
		Path      string                     `json:"path"`
		Stability string                     `json:"stability"`
		Body      map[string]json.RawMessage `json:"body"`
	}
	readReference(t, "operations.json", &schema)
	all := declared(t)
	bodies := map[string]reflect.Type{}
	client := unsigned(t, okAnswer)
	for _, service := range services(reflect.ValueOf(client).Elem()) {
		for i := range service.NumMethod() {
			method := service.Type().Method(i)
			last := method.Type.In(method.Type.NumIn() - 1)
			if last.Kind() != reflect.Struct {
				continue
			}
			for _, operation := range all[service.Type().Elem().Name()+"."+method.Name] {
				bodies[operation] = last
			}
		}
	}
	// Bodies that are put together from a secret, or from options.
	apart := []string{
		"POST /ipLoadbalancing/{serviceName}/confirmTermination",
		"POST /ipLoadbalancing/{serviceName}/refresh",
		"POST /ipLoadbalancing/{serviceName}/ssl",
	}
	compared := 0
	for _, operation := range schema {
		name := operation.Method + " " + operation.Path
		body := bodies[name]
		if operation.Method == http.MethodGet || body == nil || slices.Contains(apart, name) {
			continue
		}
		compared++
		if diff := cmp.Diff(slices.Sorted(maps.Keys(operation.Body)), jsonNames(body)); diff != "" {
			t.Errorf("%s with %s (-schema +type):\n%s", name, body.Name(), diff)
		}
	}
	if compared < 25 {
		t.Errorf("only %d bodies were compared", compared)
	}
}
