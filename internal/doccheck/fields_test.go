package doccheck

import (
	"go/parser"
	"os"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// exemptFields need no unit, range or values. An entry goes when its field is documented, and none comes.
var exemptFields []string

// publicFolders are the packages that programs import.
func publicFolders() []string {
	return []string{"lb", "lb/topology", "lb/dialect", "lb/document", "lb/lbtest", "ovh", "ovh/ovhtest", "scaleway", "scaleway/scalewaytest"}
}

func publicSource(t *testing.T) []folder {
	t.Helper()
	var folders []folder
	for _, name := range publicFolders() {
		parsed, err := read(os.DirFS("../.."), name, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		folders = append(folders, parsed)
	}
	return folders
}

// TestFieldsOfThisModule is the check itself.
func TestFieldsOfThisModule(t *testing.T) {
	t.Parallel()
	report(t, fieldFaults(publicSource(t)), exemptFields)
}

// report fails for each fault that is not exempt, and for each exemption without a fault.
func report(t *testing.T, faults map[string]string, exempt []string) {
	t.Helper()
	open, spent := shrink(faults, exempt)
	for _, fault := range open {
		t.Error(fault)
	}
	for _, name := range spent {
		t.Errorf("%s is exempt and needs it no more: take it off the list", name)
	}
}

func TestFieldFaults(t *testing.T) {
	t.Parallel()
	tree := fstest.MapFS{
		"lb/a.go": {Data: []byte(`package lb

import "time"

// Wait is a duration.
type Wait time.Duration

// Size is in bytes.
type Size int64

type Count int

// Colour is one of two.
type Colour string

// The colours.
const Red Colour = "red"

type Shade string

const Dark Shade = "dark"

type Model struct {
	Port     uint16 // 1 to 65535
	Bare     int
	Vague    *int // as it should be
	Retries  int // how often it is sent again
	Cited    int // facts 6.2, 8.1: a refusal
	// Codes are HTTP statuses.
	Codes    []int
	Size     Size // of the body
	NoSize   Size
	Count    Count // of them
	ByZone   map[string]int64
	Optional Optional[int]
	Elapsed  time.Duration // since the start
	Pause    time.Duration
	Wait     Wait
	Colour   Colour
	Shade    []Shade
	FarmID   int64
	FarmIDs  []int64
	Paid     int
	Body     []byte
	Name     string
	hidden   int
	Inner    struct{ Depth int }
}

type model struct{ Hidden int }
`)},
		"lb/a_test.go": {Data: []byte("package lb\n\ntype Fake struct{ Number int }\n")},
		"ovh/b.go": {Data: []byte(`package ovh

import neutral "github.com/lbkit/lbkit/lb"

type Options struct {
	Wait   neutral.Wait
	Colour *neutral.Colour
	Shade  neutral.Shade
}
`)},
	}
	var folders []folder
	for _, name := range []string{"lb", "ovh"} {
		parsed, err := read(tree, name, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		folders = append(folders, parsed)
	}
	const (
		noWords  = `its comment names no unit, range or values: ""`
		noLength = "no comment says of what it is the duration, and its range"
		noValues = "its type or the type's constants have no comment"
	)
	want := map[string]string{
		"lb.Model.Bare":        noWords,
		"lb.Model.Vague":       `its comment names no unit, range or values: "as it should be"`,
		"lb.Model.Cited":       `its comment names no unit, range or values: "facts 6.2, 8.1: a refusal"`,
		"lb.Model.NoSize":      noWords,
		"lb.Model.Count":       `its comment names no unit, range or values: "of them"`,
		"lb.Model.ByZone":      noWords,
		"lb.Model.Optional":    noWords,
		"lb.Model.Pause":       noLength,
		"lb.Model.Wait":        noLength,
		"lb.Model.Shade":       noValues,
		"lb.Model.Paid":        noWords,
		"lb.Model.Inner.Depth": noWords,
		"ovh.Options.Wait":     noLength,
		"ovh.Options.Shade":    noValues,
	}
	if diff := cmp.Diff(want, fieldFaults(folders)); diff != "" {
		t.Errorf("fieldFaults (-want +got):\n%s", diff)
	}
}

func TestShrink(t *testing.T) {
	t.Parallel()
	faults := map[string]string{"b": "bad", "a": "bad", "c": "bad"}
	open, spent := shrink(faults, []string{"c", "gone"})
	if diff := cmp.Diff([]string{"a: bad", "b: bad"}, open); diff != "" {
		t.Errorf("open (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"gone"}, spent); diff != "" {
		t.Errorf("spent (-want +got):\n%s", diff)
	}
}
