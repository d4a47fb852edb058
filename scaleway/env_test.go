package scaleway

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

const (
	secretOfFile    = "0a1b2c3d-1111-4000-8000-000000000001" //nolint:gosec // G101: opens nothing
	secretOfProfile = "0a1b2c3d-1111-4000-8000-000000000002" //nolint:gosec // G101: opens nothing
	accessKey       = "SCWABCDEFGHIJKLMNOPQ"
)

const configFile = `
access_key: ` + accessKey + `
secret_key: ` + secretOfFile + `
default_project_id: ` + testProject + `
default_zone: nl-ams-1
default_region: nl-ams
send_telemetry: true
some_new_key: [1, 2]
profiles:
  work:
    secret_key: ` + secretOfProfile + `
    default_organization_id: ` + testOrganization + `
    default_zone: pl-waw-2
  empty: {}
`

// readFrom makes a client in an environment of its own, with a home that holds
// files.
func readFrom(t *testing.T, variables, files map[string]string, opts ...Option) (*Client, error) {
	t.Helper()
	home := t.TempDir()
	for name, content := range files {
		path := filepath.Join(home, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lookup := func(name string) (string, bool) {
		value, ok := variables[name]
		return strings.ReplaceAll(value, "HOME", home), ok
	}
	return environment{lookup: lookup, home: func() (string, error) { return home, nil }}.client(opts)
}

// seen is what a client shows of its settings in what it sends.
type seen struct {
	Token, Project, Organization, Zone, Region, Host, UserAgent string
}

func settingsOf(t *testing.T, client *Client) seen {
	t.Helper()
	return seen{
		Project: client.project, Organization: client.organization, Zone: string(client.zone), Region: string(client.region),
	}
}

func TestClientFromEnv(t *testing.T) {
	t.Parallel()
	yaml := map[string]string{".config/scw/config.yaml": configFile}
	root := seen{Token: secretOfFile, Project: testProject, Zone: "nl-ams-1", Region: "nl-ams"}
	work := seen{Token: secretOfProfile, Project: testProject, Organization: testOrganization, Zone: "pl-waw-2", Region: "nl-ams"}
	tests := []struct {
		name      string
		variables map[string]string
		files     map[string]string
		opts      []Option
		want      seen
	}{
		{"variables alone", map[string]string{"SCW_SECRET_KEY": testSecret}, nil, nil, seen{Token: testSecret}},
		{"the root of the file", nil, yaml, nil, root},
		{"config.yml", nil, map[string]string{".config/scw/config.yml": configFile}, nil, root},
		{
			"config.yaml before config.yml", nil,
			map[string]string{".config/scw/config.yaml": configFile, ".config/scw/config.yml": "secret_key: x"},
			nil, root,
		},
		{"XDG_CONFIG_HOME", map[string]string{"XDG_CONFIG_HOME": "HOME/xdg"}, map[string]string{"xdg/scw/config.yaml": configFile}, nil, root},
		{"SCW_CONFIG_PATH", map[string]string{"SCW_CONFIG_PATH": "HOME/my.conf"}, map[string]string{"my.conf": configFile}, nil, root},
		{
			"no SCW_CONFIG_PATH and no SCW_PROFILE when empty",
			map[string]string{"SCW_CONFIG_PATH": "", "SCW_PROFILE": "", "XDG_CONFIG_HOME": ""},
			yaml, nil, root,
		},
		{"SCW_PROFILE", map[string]string{"SCW_PROFILE": "work"}, yaml, nil, work},
		{
			"active_profile", nil,
			map[string]string{".config/scw/config.yaml": "active_profile: work\n" + configFile},
			nil, work,
		},
		{
			"SCW_PROFILE before active_profile",
			map[string]string{"SCW_PROFILE": "default"},
			map[string]string{".config/scw/config.yaml": "active_profile: work\n" + configFile},
			nil, root,
		},
		{"WithProfile", nil, yaml, []Option{WithProfile("work")}, work},
		{"WithProfile before SCW_PROFILE", map[string]string{"SCW_PROFILE": "nobody"}, yaml, []Option{WithProfile("work")}, work},
		{
			"WithProfile before active_profile", nil,
			map[string]string{".config/scw/config.yaml": "active_profile: work\n" + configFile},
			[]Option{WithProfile("default")},
			root,
		},
		{"a profile with nothing in it", map[string]string{"SCW_PROFILE": "empty"}, yaml, nil, root},
		{
			"variables before the file",
			map[string]string{"SCW_SECRET_KEY": testSecret, "SCW_DEFAULT_ZONE": "fr-par-2", "SCW_PROFILE": "work"},
			yaml, nil,
			seen{Token: testSecret, Project: testProject, Organization: testOrganization, Zone: "fr-par-2", Region: "nl-ams"},
		},
		{
			"options before variables",
			map[string]string{"SCW_DEFAULT_ZONE": "fr-par-2"},
			yaml,
			[]Option{WithDefaultZone("fr-par-1"), WithDefaultRegion("fr-par"), WithProject(testOrganization)},
			seen{Token: secretOfFile, Project: testOrganization, Zone: "fr-par-1", Region: "fr-par"},
		},
		{
			"the older names",
			map[string]string{"SCW_TOKEN": testSecret, "SCW_ORGANIZATION": testOrganization, "SCW_REGION": "par1"},
			nil, nil,
			seen{Token: testSecret, Organization: testOrganization, Region: "fr-par"},
		},
		{
			"the oldest names",
			map[string]string{"SCALEWAY_TOKEN": testSecret, "SCALEWAY_ORGANIZATION": testOrganization, "SCALEWAY_REGION": "ams1"},
			nil, nil,
			seen{Token: testSecret, Organization: testOrganization, Region: "nl-ams"},
		},
		{
			"the names of today before older ones",
			map[string]string{
				"SCW_SECRET_KEY": testSecret, "SCW_TOKEN": secretOfFile, "SCALEWAY_ACCESS_KEY": secretOfProfile,
				"SCW_DEFAULT_REGION": "pl-waw", "SCW_REGION": "fr-par",
			},
			nil, nil,
			seen{Token: testSecret, Region: "pl-waw"},
		},
		{"SCALEWAY_ACCESS_KEY with a secret key", map[string]string{"SCALEWAY_ACCESS_KEY": testSecret}, yaml, nil, seen{Token: testSecret, Project: testProject, Zone: "nl-ams-1", Region: "nl-ams"}},
		{
			"SCALEWAY_ACCESS_KEY beside both names of today",
			map[string]string{"SCW_SECRET_KEY": testSecret, "SCW_ACCESS_KEY": accessKey, "SCALEWAY_ACCESS_KEY": ""},
			nil, nil,
			seen{Token: testSecret},
		},
		{"SCALEWAY_ACCESS_KEY with an access key", map[string]string{"SCALEWAY_ACCESS_KEY": accessKey}, yaml, nil, root},
		{"the region of the zone", map[string]string{"SCW_SECRET_KEY": testSecret, "SCW_DEFAULT_ZONE": "fr-par-2"}, nil, nil, seen{Token: testSecret, Zone: "fr-par-2", Region: "fr-par"}},
		{"secure mode", map[string]string{"SCW_SECRET_KEY": testSecret, "SCW_INSECURE": "false", "SCW_TLSVERIFY": "false"}, nil, nil, seen{Token: testSecret}},
		{
			"another host",
			map[string]string{"SCW_SECRET_KEY": testSecret, "SCW_API_URL": "https://api.example", "SCW_USER_AGENT": "tool/1"},
			nil, nil,
			seen{Token: testSecret, Host: "api.example", UserAgent: "tool/1"},
		},
		{"values that are YAML's null", nil, map[string]string{".config/scw/config.yaml": "secret_key: " + secretOfFile + "\ndefault_zone: ~\nactive_profile:\n"}, nil, seen{Token: secretOfFile}},
		{
			"UUIDs in capitals, of which the API's are in small letters",
			map[string]string{"SCW_SECRET_KEY": testSecret, "SCW_DEFAULT_PROJECT_ID": strings.ToUpper(testProject), "SCW_DEFAULT_ORGANIZATION_ID": strings.ToUpper(testOrganization)},
			nil, nil,
			seen{Token: testSecret, Project: testProject, Organization: testOrganization},
		},
		{"secure mode in YAML's words", nil, map[string]string{".config/scw/config.yaml": "secret_key: " + secretOfFile + "\ninsecure: no\n"}, nil, seen{Token: secretOfFile}},
		{"a home that is no folder", map[string]string{"SCW_SECRET_KEY": testSecret, "XDG_CONFIG_HOME": "HOME/file"}, map[string]string{"file": ""}, nil, seen{Token: testSecret}},
		{"Windows' line ends and mark", nil, map[string]string{".config/scw/config.yaml": "\ufeff" + strings.ReplaceAll(configFile, "\n", "\r\n")}, nil, root},
		{"an anchor", nil, map[string]string{".config/scw/config.yaml": "x: &k " + secretOfFile + "\nsecret_key: *k\n"}, nil, seen{Token: secretOfFile}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			recorder := &recording{}
			client, err := readFrom(t, tt.variables, tt.files, append([]Option{WithHTTPClient(recorder.client())}, tt.opts...)...)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := client.Zone(testZone).LBs.Get(t.Context(), testLB); err != nil {
				t.Fatal(err)
			}
			got := settingsOf(t, client)
			got.Token = recorder.request.Header.Get("X-Auth-Token")
			if host := recorder.request.URL.Host; host != "api.scaleway.com" {
				got.Host = host
			}
			got.UserAgent = strings.TrimPrefix(strings.TrimSuffix(strings.TrimSuffix(recorder.request.Header.Get("User-Agent"), "lbkit"), " "), " ")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestClientFromEnvRefuses(t *testing.T) {
	t.Parallel()
	const yaml = ".config/scw/config.yaml"
	with := func(name, value string) map[string]string {
		return map[string]string{"SCW_SECRET_KEY": testSecret, name: value}
	}
	good := map[string]string{"SCW_SECRET_KEY": testSecret}
	// A secret in the wrong place, one letter short of a UUID.
	const stray = "0a1b2c3d-dead-4000-8000-00000000000"
	tests := []struct {
		name      string
		variables map[string]string
		file      string
		want      string
	}{
		{"no secret key", nil, "", "SCW_SECRET_KEY"},
		{"an empty secret key", map[string]string{"SCW_SECRET_KEY": ""}, configFile, "SCW_SECRET_KEY: empty"},
		{"a malformed secret key", map[string]string{"SCW_SECRET_KEY": stray}, configFile, "SCW_SECRET_KEY: not a UUID"},
		{"a malformed older name", map[string]string{"SCALEWAY_TOKEN": stray}, "", "SCALEWAY_TOKEN: not a UUID"},
		{"a key of no kind", map[string]string{"SCALEWAY_ACCESS_KEY": stray}, configFile, "SCALEWAY_ACCESS_KEY: neither"},
		{"a key of no kind for the access key", with("SCALEWAY_ACCESS_KEY", stray), "", "SCALEWAY_ACCESS_KEY: neither"},
		{"a key of no kind for the secret key", map[string]string{"SCW_ACCESS_KEY": accessKey, "SCALEWAY_ACCESS_KEY": stray}, configFile, "SCALEWAY_ACCESS_KEY: neither"},
		{"a malformed access key", with("SCW_ACCESS_KEY", stray), "", "SCW_ACCESS_KEY: not an access key"},
		{"a malformed project", with("SCW_DEFAULT_PROJECT_ID", stray), "", "SCW_DEFAULT_PROJECT_ID: not a UUID"},
		{"a malformed organization", with("SCW_ORGANIZATION", stray), "", "SCW_ORGANIZATION: not a UUID"},
		{"an empty zone", with("SCW_DEFAULT_ZONE", ""), "", "SCW_DEFAULT_ZONE: empty"},
		{"a malformed zone", with("SCW_DEFAULT_ZONE", stray), "", "SCW_DEFAULT_ZONE: not a zone"},
		{"a malformed region", with("SCALEWAY_REGION", stray), "", "SCALEWAY_REGION: not a region"},
		{"http off loopback", with("SCW_API_URL", "http://"+stray+".example"), "", "SCW_API_URL: not an https URL"},
		{"a malformed user agent", with("SCW_USER_AGENT", "a\nb"), "", "SCW_USER_AGENT"},
		{"a boolean that is none", with("SCW_INSECURE", stray), "", "SCW_INSECURE: not a boolean"},
		{"an older boolean that is none", with("SCW_TLSVERIFY", stray), "", "SCW_TLSVERIFY: not a boolean"},
		{"insecure mode", with("SCW_INSECURE", "true"), "", "SCW_INSECURE: certificates are always verified"},
		{"insecure mode in YAML's words", good, "insecure: yes", "insecure in "},
		{"insecure mode, the older name", with("SCW_TLSVERIFY", "0"), "", "SCW_TLSVERIFY: certificates are always verified"},
		{"a file that is not there", with("SCW_CONFIG_PATH", "HOME/none.yaml"), "", "SCW_CONFIG_PATH"},
		{"an unknown profile", with("SCW_PROFILE", "nobody"), configFile, `SCW_PROFILE: no profile "nobody"`},
		{"a profile without a file", with("SCW_PROFILE", "nobody"), "", `SCW_PROFILE: no profile "nobody"`},
		{"an unknown active profile", good, "active_profile: nobody", `active_profile in`},
		{"an active profile without a name", good, `active_profile: ""`, "active_profile in"},
		{"a malformed value of the file", good, "default_zone: " + stray, "default_zone in "},
		{"an empty value of the file", good, `default_zone: ""`, "config.yaml: empty"},
		{"a malformed value of a profile", with("SCW_PROFILE", "p"), "profiles: {p: {api_url: 'x" + stray + "'}}", `api_url of profile "p" in `},
		{"a list for a value", nil, "secret_key: [" + stray + "]", "secret_key in "},
		{"a file that is not YAML", good, "a: b\n  c: " + stray, "line 2: not a YAML mapping"},
		{"a file that is a list", good, "- " + stray, "not a YAML mapping"},
		{"an unknown anchor", good, "secret_key: *" + stray, "not a YAML mapping"},
		{"profiles that are none", with("SCW_PROFILE", "p"), "profiles: " + stray, "profiles in "},
		{"a profile that is none", with("SCW_PROFILE", "p"), "profiles: {p: " + stray + "}", `profile "p" in `},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{}
			if tt.file != "" {
				files[yaml] = tt.file
			}
			client, err := readFrom(t, tt.variables, files)
			if client != nil || !errors.Is(err, lb.ErrInvalid) {
				t.Fatalf("client %v, %v; want an invalid argument", client, err)
			}
			contains(t, "error", err.Error(), tt.want)
			if strings.Contains(err.Error(), "dead") || strings.Contains(err.Error(), testSecret) {
				t.Errorf("error %q shows a value", err)
			}
		})
	}
}

// TestInsecureModeIsTheCallers: with a client of one's own, what it verifies is
// its affair.
func TestInsecureModeIsTheCallers(t *testing.T) {
	t.Parallel()
	variables := map[string]string{"SCW_SECRET_KEY": testSecret, "SCW_INSECURE": "true"}
	if _, err := readFrom(t, variables, nil, WithHTTPClient((&recording{}).client())); err != nil {
		t.Error(err)
	}
}

// TestNewClientReadsNothing: credentials given by hand are not mixed with those
// of the environment (pain 9).
func TestNewClientReadsNothing(t *testing.T) { //nolint:paralleltest // sets variables of the process
	t.Setenv("SCW_SECRET_KEY", "broken")
	t.Setenv("SCW_DEFAULT_ZONE", "broken")
	t.Setenv("SCW_CONFIG_PATH", "broken")
	client, err := NewClient(lb.NewSecret(testSecret))
	if err != nil || client.zone != "" {
		t.Errorf("NewClient = %v, zone %q", err, client.zone)
	}
	if _, err := NewClientFromEnv(); err == nil {
		t.Error("NewClientFromEnv does not read the environment")
	}
}
