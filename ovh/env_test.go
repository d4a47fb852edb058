package ovh

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// configured writes files, of which an earlier one wins, and returns their paths.
// An empty text is a file that does not exist.
func configured(t *testing.T, texts ...string) []string {
	t.Helper()
	var paths []string
	for i, text := range texts {
		path := filepath.Join(t.TempDir(), fmt.Sprintf("ovh-%d.conf", i))
		paths = append(paths, path)
		if text == "" {
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

func TestNewClientFromEnv(t *testing.T) {
	t.Parallel()
	const whole = `
; what OVH's tools read
[default]
endpoint=ovh-ca

[ovh-eu]
application_key=eu-key
application_secret=eu-secret
consumer_key=eu-consumer

[ovh-ca]
application_key = ca-key ; with a remark
application_secret = "ca-secret"
consumer_key = ca%(x)s#1
x = expanded
`
	tests := []struct {
		name  string
		env   map[string]string
		files []string
		// "host application-key secret consumer-key", or "host token"
		want string
	}{
		{"file alone", nil, []string{"", whole}, "https://ca.api.ovh.com/v1 ca-key ca-secret ca%(x)s#1"},
		{"endpoint from the environment", map[string]string{"OVH_ENDPOINT": "ovh-eu"}, []string{whole}, "https://eu.api.ovh.com/v1 eu-key eu-secret eu-consumer"},
		{"empty variable is none", map[string]string{"OVH_ENDPOINT": "", "OVH_CONSUMER_KEY": ""}, []string{whole}, "https://ca.api.ovh.com/v1 ca-key ca-secret ca%(x)s#1"},
		{"one setting from the environment", map[string]string{"OVH_CONSUMER_KEY": "env-consumer"}, []string{whole}, "https://ca.api.ovh.com/v1 ca-key ca-secret env-consumer"},
		{"files merged key by key", nil, []string{"[ovh-ca]\napplication_secret=nearer", "", whole}, "https://ca.api.ovh.com/v1 ca-key nearer ca%(x)s#1"},
		{"environment alone", map[string]string{"OVH_APPLICATION_KEY": "k", "OVH_APPLICATION_SECRET": "s", "OVH_CONSUMER_KEY": "c"}, nil, "https://eu.api.ovh.com/v1 k s c"},
		{"US", map[string]string{"OVH_ENDPOINT": "ovh-us", "OVH_ACCESS_TOKEN": "token"}, nil, "https://api.us.ovhcloud.com/v1 token"},
		{"Windows' line ends and mark", nil, []string{"\ufeff" + strings.ReplaceAll(whole, "\n", "\r\n")}, "https://ca.api.ovh.com/v1 ca-key ca-secret ca%(x)s#1"},
		{"section called by a URL", nil, []string{"[default]\nendpoint=https://api.example.com:4242/v1\n[https://api.example]\nclient_id=x\n[https://api.example.com:4242/v1]\naccess_token=token"}, "https://api.example.com:4242/v1 token"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var request *http.Request
			transport := roundTripper(func(r *http.Request) (*http.Response, error) {
				request = r
				return answerTo{body: "1700000000"}.response(r), nil
			})
			getenv := func(name string) string { return test.env[name] }
			client, err := newClientFromEnv(getenv, configured(t, test.files...), []Option{WithHTTPClient(&http.Client{Transport: transport})})
			if err != nil {
				t.Fatal(err)
			}
			if err := client.Auth.Logout(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := describe(client, request, test.want); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// describe says what request was signed with. The secret shows in the signature
// alone, so the one that is wanted is tried.
func describe(c *Client, r *http.Request, want string) string {
	text := string(c.endpoint)
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return text + " " + token
	}
	secret := strings.Fields(want)[2]
	consumer := r.Header.Get(headerConsumer)
	signature := sign(lb.NewSecret(secret), lb.NewSecret(consumer), r.Method, r.URL.String(), nil, timestampOf(r))
	if signature != r.Header.Get(headerSignature) {
		secret = "(another secret)"
	}
	return text + " " + r.Header.Get(headerApplication) + " " + secret + " " + consumer
}

func timestampOf(r *http.Request) int64 { return int64(headerNumber(r, headerTimestamp)) }

func TestNewClientFromEnvRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		env   map[string]string
		files []string
		want  string
	}{
		{"nothing", nil, nil, "no credentials: set OVH_APPLICATION_KEY"},
		{"nothing for this endpoint", map[string]string{"OVH_ENDPOINT": "ovh-us"}, []string{"[ovh-eu]\naccess_token=canary"}, "[ovh-us]"},
		{"unknown endpoint", map[string]string{"OVH_ENDPOINT": "ovh-mars"}, nil, `"ovh-mars" is unknown`},
		{"no load balancers there", map[string]string{"OVH_ENDPOINT": "kimsufi-eu"}, nil, "does not offer"},
		{"http off loopback", map[string]string{"OVH_ENDPOINT": "http://eu.api.ovh.com/v1", "OVH_ACCESS_TOKEN": "canary"}, nil, "http is refused"},
		{"key without its secret", map[string]string{"OVH_APPLICATION_KEY": "k", "OVH_CONSUMER_KEY": "canary"}, nil, "application secret: empty"},
		{"secret without its key", map[string]string{"OVH_APPLICATION_SECRET": "canary", "OVH_CONSUMER_KEY": "canary"}, nil, "application key: empty"},
		{"no consumer key", map[string]string{"OVH_APPLICATION_KEY": "k", "OVH_APPLICATION_SECRET": "canary"}, nil, "consumer key: empty"},
		{"client ID without its secret", map[string]string{"OVH_CLIENT_ID": "i"}, nil, "client secret: empty"},
		{"a token and a client ID", map[string]string{"OVH_ACCESS_TOKEN": "i", "OVH_CLIENT_ID": ""}, []string{"[ovh-eu]\nclient_id=i\nclient_secret=canary"}, "several kinds of credentials: client_id, access_token"},
		{"broken file", nil, []string{"[ovh-eu]\ncanary canary"}, "ovh-0.conf: not in INI form"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := newClientFromEnv(func(name string) string { return test.env[name] }, configured(t, test.files...), nil)
			if !errors.Is(err, lb.ErrInvalid) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "canary") {
				t.Errorf("err = %v, want ErrInvalid with %q", err, test.want)
			}
		})
	}
}

// A home such as /dev/null, which is no folder, holds no file.
func TestNewClientFromEnvWithoutAFolder(t *testing.T) {
	t.Parallel()
	getenv := func(name string) string { return map[string]string{"OVH_ACCESS_TOKEN": "token"}[name] }
	if _, err := newClientFromEnv(getenv, []string{filepath.Join(configured(t, "[ovh-eu]")[0], ".ovh.conf")}, nil); err != nil {
		t.Error(err)
	}
}

// A folder where a file belongs is said, and not taken for none.
func TestNewClientFromEnvUnreadableFile(t *testing.T) {
	t.Parallel()
	if _, err := newClientFromEnv(func(string) string { return "" }, []string{t.TempDir()}, nil); !errors.Is(err, lb.ErrInvalid) || !strings.Contains(err.Error(), "directory") {
		t.Errorf("err = %v", err)
	}
}

func TestNewClientFromEnvReadsTheDocumentedPlaces(t *testing.T) { //nolint:paralleltest // the environment and the folder are the process's
	home, folder := t.TempDir(), t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("OVH_ENDPOINT", "ovh-ca")
	for _, name := range []string{"OVH_APPLICATION_KEY", "OVH_APPLICATION_SECRET", "OVH_CONSUMER_KEY", "OVH_CLIENT_ID", "OVH_CLIENT_SECRET", "OVH_ACCESS_TOKEN"} {
		t.Setenv(name, "")
	}
	t.Chdir(folder)
	for path, text := range map[string]string{
		filepath.Join(home, ".ovh.conf"):  "[ovh-ca]\napplication_key=home\napplication_secret=s\nconsumer_key=c\n",
		filepath.Join(folder, "ovh.conf"): "[ovh-ca]\napplication_key=here\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	client, err := NewClientFromEnv()
	if err != nil {
		t.Fatal(err)
	}
	if client.endpoint != CA || client.applicationKey != "here" {
		t.Errorf("client of %s with key %q", client.endpoint, client.applicationKey)
	}
	// A client that is made from its arguments reads none of it.
	if client, err = NewClient(EU, ApplicationKey("mine", lb.NewSecret("s"), lb.NewSecret("c"))); err != nil || client.applicationKey != "mine" || client.endpoint != EU {
		t.Errorf("NewClient = %v, %v", client, err)
	}
}
