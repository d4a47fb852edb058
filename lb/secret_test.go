package lb_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

const canary = "canary-4f1d"

// holder is what a client looks like from the outside: a secret in an unexported
// field, where package fmt calls no method.
type holder struct {
	Name   string
	secret lb.Secret
	nested struct{ secret lb.Secret }
	list   []lb.Secret
	byName map[string]lb.Secret
}

func newHolder() *holder {
	secret := lb.NewSecret(canary)
	h := &holder{Name: "name", secret: secret, list: []lb.Secret{secret}, byName: map[string]lb.Secret{"a": secret}}
	h.nested.secret = secret
	return h
}

func TestSecretNeverPrints(t *testing.T) {
	t.Parallel()
	secret := lb.NewSecret(canary)
	h := newHolder()
	values := map[string]any{
		"secret":            secret,
		"pointer":           &secret,
		"slice":             []lb.Secret{secret},
		"map":               map[string]lb.Secret{"a": secret},
		"map key":           map[lb.Secret]bool{secret: true},
		"interface":         []any{secret},
		"exported field":    struct{ Secret lb.Secret }{secret},
		"unexported fields": *h,
		"pointer to struct": h,
		"spec":              lb.CertificateSpec{Key: secret},
		"changes":           lb.Diff(lb.CertificateSpec{}, lb.CertificateSpec{Key: secret}),
		"error": &lb.UnsupportedError{
			Provider: "ovh", Feature: "certificate.key", Path: "key", Value: secret,
		},
	}
	verbs := []string{"%v", "%+v", "%#v", "%q", "%s", "%x", "%X", "%d", "%t", "%T", "%p", "%+q", "%#x", "%20v", "%-20s", "%.3s", "%c", "%!"}
	hex := fmt.Sprintf("%x", canary)
	for name, value := range values {
		for _, verb := range verbs {
			got := fmt.Sprintf(verb, value)
			if strings.Contains(got, canary) || strings.Contains(strings.ToLower(got), hex) {
				t.Errorf("%s printed with %s shows the secret: %s", name, verb, got)
			}
		}
	}
}

func TestSecretPrintsAWord(t *testing.T) {
	t.Parallel()
	if got := lb.NewSecret(canary).GoString(); got != "[secret]" {
		t.Errorf("GoString() = %q, want [secret]", got)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, lb.NewSecret(canary)); got != "[secret]" {
			t.Errorf("%s of a secret = %q, want [secret]", verb, got)
		}
		if got := fmt.Sprintf(verb, lb.Secret{}); got != "" {
			t.Errorf("%s of no secret = %q, want nothing", verb, got)
		}
	}
}

func TestSecretIsNeverLogged(t *testing.T) {
	t.Parallel()
	secret := lb.NewSecret(canary)
	var b bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		slog.New(handler).With("with", secret).WithGroup("group").Info("msg",
			"secret", secret, "pointer", &secret, "holder", newHolder(), "by value", *newHolder(),
			"list", []lb.Secret{secret}, "spec", lb.CertificateSpec{Key: secret},
			"err", fmt.Errorf("with %v and %w", secret, errors.New("cause")))
	}
	if value := slog.AnyValue(secret).Resolve(); value.Kind() != slog.KindString || value.String() != "[secret]" {
		t.Errorf("a handler of another kind gets %#v", value.Any())
	}
	if strings.Contains(b.String(), canary) {
		t.Errorf("the log shows the secret:\n%s", b.String())
	}
	if !strings.Contains(b.String(), "secret=[secret]") || !strings.Contains(b.String(), `"secret":"[secret]"`) {
		t.Errorf("the log does not say that there was a secret:\n%s", b.String())
	}
}

func TestSecretIsNeverMarshalled(t *testing.T) {
	t.Parallel()
	secret := lb.NewSecret(canary)
	b, err := json.Marshal(map[string]any{
		"secret": secret, "pointer": &secret, "holder": newHolder(),
		"spec": lb.CertificateSpec{Key: secret}, "keys": map[lb.Secret]int{secret: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	x, err := xml.Marshal(struct {
		XMLName xml.Name  `xml:"x"`
		Secret  lb.Secret `xml:"secret"`
		Attr    lb.Secret `xml:"attr,attr"`
	}{Secret: secret, Attr: secret})
	if err != nil {
		t.Fatal(err)
	}
	text, err := secret.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{string(b), string(x), string(text)} {
		if strings.Contains(got, canary) {
			t.Errorf("marshalled, the secret shows: %s", got)
		}
	}
	if string(text) != "[secret]" {
		t.Errorf("MarshalText() = %q, want [secret]", text)
	}
}

func TestSecretIsNotReadBackFromItsWord(t *testing.T) {
	t.Parallel()
	type credentials struct {
		Secret lb.Secret `json:"secret"`
	}
	b, err := json.Marshal(credentials{lb.NewSecret(canary)})
	if err != nil || string(b) != `{"secret":"[secret]"}` {
		t.Fatalf("JSON is %s, %v", b, err)
	}
	var got credentials
	if err := json.Unmarshal(b, &got); err == nil {
		t.Errorf("json.Unmarshal(%s) is accepted as the secret %q", b, got.Secret.Reveal())
	}
}

func TestSecretHoldsItsContent(t *testing.T) {
	t.Parallel()
	for _, value := range []string{canary, "", " ", "\x00"} {
		secret := lb.NewSecret(value)
		if secret.Reveal() != value {
			t.Errorf("Reveal() = %q, want %q", secret.Reveal(), value)
		}
		if secret.IsZero() != (value == "") {
			t.Errorf("IsZero() of %q = %t", value, secret.IsZero())
		}
	}
	if got := (lb.Secret{}).Reveal(); got != "" {
		t.Errorf("Reveal() of the zero Secret = %q", got)
	}
}

func TestSecretEqualComparesContents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b lb.Secret
		want bool
	}{
		{lb.NewSecret("a"), lb.NewSecret("a"), true},
		{lb.NewSecret("a"), lb.NewSecret("b"), false},
		{lb.NewSecret("a"), lb.NewSecret("aa"), false},
		{lb.NewSecret("a"), lb.Secret{}, false},
		{lb.NewSecret(""), lb.Secret{}, true},
	} {
		if got := c.a.Equal(c.b); got != c.want {
			t.Errorf("Equal of %q and %q = %t, want %t", c.a.Reveal(), c.b.Reveal(), got, c.want)
		}
	}
}
