package scaleway

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/lbkit/lbkit/internal/rest"
	"github.com/lbkit/lbkit/lb"
)

// NewClientFromEnv makes a client from the settings of Scaleway's other tools:
// the variables below over a profile of the configuration file, and opts over
// both. Values merge one by one.
//
//	SCW_SECRET_KEY               secret_key               SCW_TOKEN, SCALEWAY_TOKEN, SCALEWAY_ACCESS_KEY
//	SCW_ACCESS_KEY               access_key               SCALEWAY_ACCESS_KEY
//	SCW_DEFAULT_PROJECT_ID       default_project_id
//	SCW_DEFAULT_ORGANIZATION_ID  default_organization_id  SCW_ORGANIZATION, SCALEWAY_ORGANIZATION
//	SCW_DEFAULT_ZONE             default_zone
//	SCW_DEFAULT_REGION           default_region           SCW_REGION, SCALEWAY_REGION
//	SCW_API_URL                  api_url
//	SCW_INSECURE                 insecure                 SCW_TLSVERIFY, which says the opposite
//	SCW_USER_AGENT               user_agent
//
// The first column is the variable, the second its key in the file, the third
// the older names, read where the variable is not set. The access key is checked
// and not used: the API needs the secret key alone.
//
// The file is $SCW_CONFIG_PATH, else scw/config.yaml, or config.yml, in
// $XDG_CONFIG_HOME or ~/.config. Its profile is that of WithProfile, else $SCW_PROFILE,
// else its active_profile, else the keys at its root, over which every profile is merged.
// A file that SCW_CONFIG_PATH names must exist.
//
// Every value is checked, also one that opts replace. The error names its
// variable or its key and file, and shows no value. A variable that is set to
// nothing counts as set, but for SCW_PROFILE and SCW_CONFIG_PATH. Insecure mode
// is refused: a client that does not verify certificates is one given by
// WithHTTPClient.
func NewClientFromEnv(opts ...Option) (*Client, error) {
	return environment{lookup: os.LookupEnv, home: os.UserHomeDir}.client(opts)
}

// environment is where settings come from.
type environment struct {
	lookup func(name string) (string, bool)
	home   func() (string, error)
}

// setting is a value and where it is from: a variable's name, or a key and its
// file. Values may be secrets: no error shows one.
type setting struct{ value, source string }

// settings are by their keys in the configuration file.
type settings map[string]setting

const (
	keyAccessKey    = "access_key"
	keySecretKey    = "secret_key"
	keyProject      = "default_project_id"
	keyOrganization = "default_organization_id"
	keyZone         = "default_zone"
	keyRegion       = "default_region"
	keyAPIURL       = "api_url"
	keyInsecure     = "insecure"
	keyUserAgent    = "user_agent"
)

// variables are the names of a setting in the environment; the first that is
// set counts.
func variables() map[string][]string {
	return map[string][]string{
		keyAccessKey:    {"SCW_ACCESS_KEY"},
		keySecretKey:    {"SCW_SECRET_KEY", "SCW_TOKEN", "SCALEWAY_TOKEN"},
		keyProject:      {"SCW_DEFAULT_PROJECT_ID"},
		keyOrganization: {"SCW_DEFAULT_ORGANIZATION_ID", "SCW_ORGANIZATION", "SCALEWAY_ORGANIZATION"},
		keyZone:         {"SCW_DEFAULT_ZONE"},
		keyRegion:       {"SCW_DEFAULT_REGION", "SCW_REGION", "SCALEWAY_REGION"},
		keyAPIURL:       {"SCW_API_URL"},
		keyInsecure:     {"SCW_INSECURE"},
		keyUserAgent:    {"SCW_USER_AGENT"},
	}
}

const (
	// legacyKeyVariable held the secret key once, and the access key later: its
	// format tells which.
	legacyKeyVariable = "SCALEWAY_ACCESS_KEY" //nolint:gosec // G101: a name, not a credential
	legacyTLSVariable = "SCW_TLSVERIFY"
)

func (e environment) client(opts []Option) (*Client, error) {
	var asked options // which profile to read, before what it says
	if err := asked.apply(opts); err != nil {
		return nil, err
	}
	found, where, err := e.settings(asked.profile)
	if err != nil {
		return nil, misconfigured(err)
	}
	o := options{config: rest.Config{Provider: providerName, BaseURL: DefaultBaseURL}}
	insecure, err := found.apply(&o)
	if err != nil {
		return nil, misconfigured(err)
	}
	if err := o.apply(opts); err != nil {
		return nil, err
	}
	key, ok := found[keySecretKey]
	if o.keys != nil {
		key, ok = setting{}, true
	}
	switch {
	case !ok:
		return nil, misconfigured(fmt.Errorf("secret key: neither SCW_SECRET_KEY nor secret_key in %s", where))
	case insecure != "" && o.config.HTTPClient == nil:
		return nil, misconfigured(fmt.Errorf("%s: certificates are always verified here; use WithHTTPClient", insecure))
	}
	return newClient(lb.NewSecret(key.value), o)
}

// settings are those of the file, of a profile if one is named, under those of the
// environment. Where is the file, for an error.
func (e environment) settings(profile string) (found settings, where string, err error) {
	found, where, err = e.file(profile)
	if err != nil {
		return nil, where, err
	}
	for key, names := range variables() {
		for _, name := range names {
			if value, ok := e.lookup(name); ok {
				found[key] = setting{value, name}
				break
			}
		}
	}
	return found, where, e.legacy(found)
}

// legacy reads the variables whose meaning is not that of one key.
func (e environment) legacy(found settings) error {
	if value, ok := e.lookup(legacyKeyVariable); ok {
		s := setting{value, legacyKeyVariable}
		secret, access := e.has(variables()[keySecretKey]), e.has(variables()[keyAccessKey])
		switch {
		case secret && access: // it is not read (facts 2)
		case isUUID(value):
			if !secret {
				found[keySecretKey] = s
			}
		case accessKeyFormat.MatchString(value):
			if !access {
				found[keyAccessKey] = s
			}
		default:
			return fmt.Errorf("%s: neither a secret key nor an access key", legacyKeyVariable)
		}
	}
	if value, ok := e.lookup(legacyTLSVariable); ok && !e.has(variables()[keyInsecure]) {
		verify, err := strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("%s: not a boolean", legacyTLSVariable)
		}
		found[keyInsecure] = setting{strconv.FormatBool(!verify), legacyTLSVariable}
	}
	return nil
}

func (e environment) has(names []string) bool {
	for _, name := range names {
		if _, ok := e.lookup(name); ok {
			return true
		}
	}
	return false
}

var accessKeyFormat = regexp.MustCompile(`^SCW[A-Z0-9]{17}(@[0-9a-fA-F-]{36})?$`)

// apply checks every setting and puts those that a client has into o. Insecure
// is the source of a wish to verify nothing, empty without one.
func (s settings) apply(o *options) (insecure string, err error) {
	checks := []struct {
		key   string
		apply func(value string) error
	}{
		{keyAccessKey, checkAccessKey},
		{keySecretKey, checkUUID},
		{keyProject, func(value string) error { o.project = strings.ToLower(value); return checkUUID(value) }}, // as the API reports it
		{keyOrganization, func(value string) error { o.organization = strings.ToLower(value); return checkUUID(value) }},
		{keyZone, func(value string) error { o.zone = Zone(value); return quiet(o.zone.validate(), "zone", "fr-par-1") }},
		{keyRegion, func(value string) error {
			o.region = currentRegion(value)
			return quiet(o.region.validate(), "region", "fr-par")
		}},
		{keyAPIURL, func(value string) error { o.config.BaseURL = value; return checkURL(value) }},
		{keyUserAgent, o.config.SetApplication},
		{keyInsecure, func(value string) error {
			on, err := strconv.ParseBool(value)
			if err != nil {
				return errors.New("not a boolean")
			}
			if on {
				insecure = s[keyInsecure].source
			}
			return nil
		}},
	}
	for _, check := range checks {
		found, ok := s[check.key]
		if !ok {
			continue
		}
		if found.value == "" {
			return "", fmt.Errorf("%s: empty", found.source)
		}
		if err := check.apply(found.value); err != nil {
			return "", fmt.Errorf("%s: %w", found.source, err)
		}
	}
	return insecure, nil
}

func checkAccessKey(value string) error {
	if !accessKeyFormat.MatchString(value) {
		return errors.New("not an access key")
	}
	return nil
}

func checkUUID(value string) error {
	if !isUUID(value) {
		return errors.New("not a UUID")
	}
	return nil
}

func checkURL(value string) error {
	if _, err := rest.New(rest.Config{BaseURL: value}); err != nil {
		return errors.New("not an https URL, nor http on loopback, without credentials and query")
	}
	return nil
}

// quiet is err without the value: what is in a zone's variable by mistake may be
// a secret.
func quiet(err error, what, example string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("not a %s such as %s", what, example)
}

// currentRegion is what a region is called today (facts 2).
func currentRegion(name string) Region {
	switch name {
	case "par1":
		return "fr-par"
	case "ams1":
		return "nl-ams"
	default:
		return Region(name)
	}
}
