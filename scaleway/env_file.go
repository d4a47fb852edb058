package scaleway

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"

	"go.yaml.in/yaml/v3"
)

const (
	profileVariable = "SCW_PROFILE"
	pathVariable    = "SCW_CONFIG_PATH"
	homeVariable    = "XDG_CONFIG_HOME"

	defaultProfile = "default" // the keys at the root of the file

	keyActiveProfile = "active_profile"
	keyProfiles      = "profiles"
)

// file is the chosen profile of the configuration file, and which file that is. An option
// may have chosen it.
func (e environment) file(chosen string) (settings, string, error) {
	path, content, err := e.readFile()
	if err != nil {
		return nil, path, err
	}
	root, err := parseYAML(path, content)
	if err != nil {
		return nil, path, err
	}
	profile, source, err := e.profile(chosen, path, root)
	if err != nil {
		return nil, path, err
	}
	found := settings{}
	if err := found.read(root, "in "+path); err != nil {
		return nil, path, err
	}
	if profile == defaultProfile {
		return found, path, nil
	}
	if err := found.readProfile(root, profile, source, path); err != nil {
		return nil, path, err
	}
	return found, path, nil
}

// readFile finds the file and reads it. None is as good as an empty one, unless
// it was asked for by name.
func (e environment) readFile() (path string, content []byte, err error) {
	if path, _ = e.lookup(pathVariable); path != "" {
		content, err = os.ReadFile(path) //nolint:gosec // G304: the user's own variable names it
		if err != nil {
			return path, nil, fmt.Errorf("%s: %w", pathVariable, err)
		}
		return path, content, nil
	}
	folder, _ := e.lookup(homeVariable)
	if folder == "" {
		home, err := e.home()
		if err != nil {
			return "~/.config/scw/config.yaml", nil, nil //nolint:nilerr // a user without a home has no file
		}
		folder = filepath.Join(home, ".config")
	}
	for _, extension := range []string{"yaml", "yml"} {
		path = filepath.Join(folder, "scw", "config."+extension)
		content, err = os.ReadFile(path) //nolint:gosec // G304: below the user's own folder
		if err == nil || !noFile(err) {
			break
		}
	}
	switch {
	case noFile(err):
		return filepath.Join(folder, "scw", "config.yaml"), nil, nil
	case err != nil:
		return path, nil, fmt.Errorf("configuration file: %w", err)
	}
	return path, content, nil
}

// noFile: there is no such file. In a home such as /dev/null, which is no folder, there
// is none either.
func noFile(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) }

// object is a YAML mapping. Nodes keep their line, and nothing of them is shown:
// yaml's own errors quote values, which may be secrets.
type object map[string]yaml.Node

var yamlLine = regexp.MustCompile(`line \d+`)

func parseYAML(path string, content []byte) (object, error) {
	var root object
	if err := yaml.Unmarshal(content, &root); err != nil {
		if line := yamlLine.FindString(err.Error()); line != "" {
			path += ", " + line
		}
		return nil, fmt.Errorf("configuration file %s: not a YAML mapping", path)
	}
	return root, nil
}

// profile is the name of the chosen profile and who chose it.
func (e environment) profile(chosen, path string, root object) (name, source string, err error) {
	if chosen != "" {
		return chosen, "WithProfile", nil
	}
	if name, _ = e.lookup(profileVariable); name != "" {
		return name, profileVariable, nil
	}
	node, ok := root[keyActiveProfile]
	if !ok || isNull(node) {
		return defaultProfile, "", nil
	}
	source = keyActiveProfile + " in " + path
	if node.Kind != yaml.ScalarNode || node.Value == "" {
		return "", source, fmt.Errorf("%s: not the name of a profile", source)
	}
	return node.Value, source, nil
}

// readProfile merges a profile over what s has. Source is who chose it.
func (s settings) readProfile(root object, name, source, path string) error {
	profiles, ok := root[keyProfiles]
	var byName object
	if ok && profiles.Decode(&byName) != nil {
		return fmt.Errorf("%s in %s: not a mapping", keyProfiles, path)
	}
	node, ok := byName[name]
	if !ok {
		return fmt.Errorf("%s: no profile %q in %s", source, name, path)
	}
	var profile object
	if node.Decode(&profile) != nil {
		return fmt.Errorf("profile %q in %s: not a mapping", name, path)
	}
	return s.read(profile, fmt.Sprintf("of profile %q in %s", name, path))
}

// read takes the settings that this package knows out of a mapping.
func (s settings) read(from object, where string) error {
	for key := range variables() {
		node, ok := from[key]
		if !ok || isNull(node) {
			continue
		}
		source := key + " " + where
		if node.Kind == yaml.AliasNode {
			node = *node.Alias
		}
		if node.Kind != yaml.ScalarNode {
			return fmt.Errorf("%s: not a single value", source)
		}
		value, on := node.Value, false
		if key == keyInsecure && node.Decode(&on) == nil { // YAML has "no" and "off", too
			value = strconv.FormatBool(on)
		}
		s[key] = setting{value, source}
	}
	return nil
}

func isNull(node yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }
