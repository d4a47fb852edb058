package lb_test

import (
	"encoding/json"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// enum is what every enum type of the package is.
type enum interface {
	~string
	Known() bool
}

// checkEnum checks the facts that hold for every enum: its constants are known, its zero
// value where that means something, and anything else is kept as it came.
func checkEnum[E enum](t *testing.T, zeroKnown bool, constants ...E) {
	t.Helper()
	for _, e := range constants {
		if !e.Known() {
			t.Errorf("%T %q is not known", e, e)
		}
	}
	if E("").Known() != zeroKnown {
		t.Errorf("%T: the zero value is known: %t, want %t", E(""), !zeroKnown, zeroKnown)
	}
	for _, text := range []string{"hibernating", "READY", " tcp", "HTTP"} {
		var e E
		b, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &e); err != nil {
			t.Fatalf("%T refuses %q: %v", e, text, err)
		}
		if e.Known() {
			t.Errorf("%T %q is known", e, e)
		}
		if again, err := json.Marshal(e); err != nil || string(again) != string(b) {
			t.Errorf("%T %q marshals to %s, %v", e, e, again, err)
		}
	}
}

func TestEnums(t *testing.T) {
	t.Parallel()
	checkEnum(t, false,
		lb.ProvisioningPending, lb.ProvisioningReady, lb.ProvisioningUpdating, lb.ProvisioningError,
		lb.ProvisioningSuspended, lb.ProvisioningDeleting, lb.ProvisioningUnknown)
	checkEnum(t, false, lb.HealthHealthy, lb.HealthDegraded, lb.HealthDown, lb.HealthUnknown)
	checkEnum(t, false,
		lb.OperationPending, lb.OperationRunning, lb.OperationDone, lb.OperationFailed,
		lb.OperationCancelled, lb.OperationUnknown)
	checkEnum(t, false, lb.ProtocolTCP, lb.ProtocolHTTP, lb.ProtocolUDP)
	checkEnum(t, true,
		lb.AlgorithmRoundRobin, lb.AlgorithmLeastConn, lb.AlgorithmFirst, lb.AlgorithmSource, lb.AlgorithmURI)
	checkEnum(t, true, lb.StickinessCookie, lb.StickinessSource)
	checkEnum(t, true,
		lb.ProxyProtocolV1, lb.ProxyProtocolV2, lb.ProxyProtocolV2SSL, lb.ProxyProtocolV2SSLCN)
	checkEnum(t, true, lb.OnMarkedDownShutdownSessions)
	checkEnum(t, false,
		lb.CheckTCP, lb.CheckHTTP, lb.CheckHTTPS, lb.CheckMySQL, lb.CheckPgSQL, lb.CheckRedis, lb.CheckLDAP,
		lb.CheckSMTP, lb.CheckOCO)
	checkEnum(t, true, lb.TLSPolicyModern, lb.TLSPolicyIntermediate, lb.TLSPolicyLegacy)
	checkEnum(t, false, lb.TLSVerifySystem, lb.TLSVerifyNone, lb.TLSVerifyCA)
	checkEnum(t, false,
		lb.FieldSource, lb.FieldHost, lb.FieldPath, lb.FieldMethod, lb.FieldHeader, lb.FieldCookie,
		lb.FieldParam, lb.FieldProtocol)
	checkEnum(t, true, lb.MatchPrefix, lb.MatchSuffix, lb.MatchContains, lb.MatchRegex, lb.MatchExists)
	checkEnum(t, false, lb.FilterAllow, lb.FilterDeny, lb.FilterRedirect)
	checkEnum(t, false, lb.CertificateUploaded, lb.CertificateManaged)
}
