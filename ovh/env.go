package ovh

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"gopkg.in/ini.v1"

	"github.com/lbkit/lbkit/lb"
)

// NewClientFromEnv makes a client from what OVH's other tools read (facts 2.7):
// the variables OVH_ENDPOINT, OVH_APPLICATION_KEY, OVH_APPLICATION_SECRET,
// OVH_CONSUMER_KEY, OVH_CLIENT_ID, OVH_CLIENT_SECRET and OVH_ACCESS_TOKEN, and
// below them, setting by setting, the files ./ovh.conf, ~/.ovh.conf and
// /etc/ovh.conf. An empty variable counts as none. The endpoint is a name
// (ovh-eu, which is the default, ovh-ca, ovh-us) or a URL.
//
// The settings must come to one kind of credentials: an application key with its
// secret and a consumer key, a client ID with its secret, or an access token.
func NewClientFromEnv(opts ...Option) (*Client, error) {
	files := []string{"ovh.conf"}
	if home, err := os.UserHomeDir(); err == nil {
		files = append(files, filepath.Join(home, ".ovh.conf"))
	}
	files = append(files, "/etc/ovh.conf")
	return newClientFromEnv(os.Getenv, files, opts)
}

// newClientFromEnv reads files of which an earlier one wins.
func newClientFromEnv(getenv func(string) string, files []string, opts []Option) (*Client, error) {
	endpoint, credentials, err := settle(getenv, files)
	if err != nil {
		return nil, &lb.Error{Code: lb.ErrInvalid, Provider: providerName, Op: "newClientFromEnv", Err: err}
	}
	return NewClient(endpoint, credentials, opts...)
}

func settle(getenv func(string) string, files []string) (Endpoint, Credentials, error) {
	s := settings{getenv: getenv}
	for _, file := range files {
		parsed, err := parseFile(file)
		if err != nil {
			return "", nil, err
		}
		if parsed != nil {
			s.files = append(s.files, parsed)
		}
	}
	name := s.get("OVH_ENDPOINT", "default", "endpoint")
	if name == "" {
		name = "ovh-eu"
	}
	endpoint, err := endpointOf(name)
	if err != nil {
		return "", nil, err
	}
	credentials, err := s.credentials(name)
	return endpoint, credentials, err
}

// parseFile reads one file, nil where there is none.
func parseFile(path string) (*ini.File, error) {
	text, err := os.ReadFile(path) //nolint:gosec // G304: the documented files
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil // nor is there one in a home such as /dev/null, which is no folder
	}
	if err != nil {
		return nil, err
	}
	parsed, err := ini.LoadSources(ini.LoadOptions{
		SpaceBeforeInlineComment: true,
		ChildSectionDelimiter:    "\x00", // a section that is called by a URL has no parents
	}, text)
	if err != nil {
		// The parser's error repeats the line, which may hold a secret.
		return nil, fmt.Errorf("%s: not in INI form", path)
	}
	return parsed, nil
}

// platforms are the names of the endpoints. Those without a URL do not offer IP
// Load Balancing (facts 1.1).
var platforms = map[string]Endpoint{
	"ovh-eu": EU, "ovh-ca": CA, "ovh-us": US,
	"soyoustart-eu": "", "soyoustart-ca": "", "kimsufi-eu": "", "kimsufi-ca": "",
}

func endpointOf(name string) (Endpoint, error) {
	if strings.Contains(name, "/") {
		return Endpoint(name), nil
	}
	endpoint, known := platforms[name]
	switch {
	case !known:
		return "", fmt.Errorf("endpoint %q is unknown; use ovh-eu, ovh-ca, ovh-us or a URL", name)
	case endpoint == "":
		return "", fmt.Errorf("endpoint %q does not offer IP Load Balancing", name)
	}
	return endpoint, nil
}

// settings are the environment over the files.
type settings struct {
	getenv func(string) string
	files  []*ini.File // an earlier one wins
}

func (s settings) get(variable, section, key string) string {
	if value := s.getenv(variable); value != "" {
		return value
	}
	for _, file := range s.files {
		if section, err := file.GetSection(section); err == nil && section.HasKey(key) {
			return section.Key(key).Value() // as it is, without %(name)s
		}
	}
	return ""
}

// credentials picks the one kind of credentials that is there.
func (s settings) credentials(section string) (Credentials, error) {
	get := func(key string) string { return s.get("OVH_"+strings.ToUpper(key), section, key) }
	key, secret, consumerKey := get("application_key"), get("application_secret"), get("consumer_key")
	id, clientSecret := get("client_id"), get("client_secret")
	token := get("access_token")

	var kinds []string
	var credentials Credentials
	if key != "" || secret != "" || consumerKey != "" {
		kinds = append(kinds, "application_key")
		credentials = ApplicationKey(key, lb.NewSecret(secret), lb.NewSecret(consumerKey))
	}
	if id != "" || clientSecret != "" {
		kinds = append(kinds, "client_id")
		credentials = OAuth2(id, lb.NewSecret(clientSecret))
	}
	if token != "" {
		kinds = append(kinds, "access_token")
		credentials = AccessToken(constantToken(lb.NewSecret(token)))
	}
	switch len(kinds) {
	case 1:
		return credentials, nil
	case 0:
		return nil, fmt.Errorf("no credentials: set OVH_APPLICATION_KEY, OVH_APPLICATION_SECRET and OVH_CONSUMER_KEY, or put them into section [%s] of ovh.conf", section)
	default:
		return nil, fmt.Errorf("several kinds of credentials: %s; leave one", strings.Join(kinds, ", "))
	}
}

func constantToken(secret lb.Secret) func(context.Context) (lb.Secret, error) {
	return func(context.Context) (lb.Secret, error) { return secret, nil }
}
