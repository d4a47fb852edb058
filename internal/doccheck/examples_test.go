package doccheck

import (
	"go/parser"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// exemptExamples need no Example. An entry goes when it has one, and none comes.
var exemptExamples = []string{}

// wantExample are the names of a package that a reader wants to see at work.
func wantExample(f folder) []string {
	switch f.name {
	case "lb":
		return append(contracts(f), functions(f)...)
	case "lb/dialect", "lb/document":
		return functions(f)
	case "lb/topology":
		return functions(f, "Spec", "Plan")
	case "ovh", "scaleway":
		return services(f)
	default:
		return nil
	}
}

// TestExamplesOfThisModule is the check itself.
func TestExamplesOfThisModule(t *testing.T) {
	t.Parallel()
	report(t, exampleFaults(publicSource(t), wantExample), exemptExamples)
}

func TestExampleFaults(t *testing.T) {
	t.Parallel()
	tree := fstest.MapFS{
		"lb/a.go": {Data: []byte(`package lb

type Shown interface{ mustEmbedUnimplementedShown() }
type Hidden interface{ mustEmbedUnimplementedHidden() }
type Open interface{ Open() }
type FarmService struct{}
type TaskService struct{}

func Collect() {}
func Silent()  {}
func Unseen()  {}
func inside()  {}

func (*FarmService) List() {}
func (FarmService) Get()   {}
func (TaskService) List()  {}
`)},
		"lb/a_test.go": {Data: []byte(`package lb

import "fmt"

func ExampleShown() {
	fmt.Println(1)
	// Output: 1
}

func ExampleCollect_loop() {
	fmt.Println(1)
	// Output: 1
}

func ExampleSilent() {
	fmt.Println(1)
}

func ExampleUnseen() {
	// Output:
}

func ExampleFarmService_List_all() {
	fmt.Println(1)
	// Unordered output: 1
}
`)},
	}
	lb, err := read(tree, "lb", parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	const none = "no Example with an Output"
	for _, c := range []struct {
		name   string
		wanted func(folder) []string
		want   map[string]string
	}{
		{"contracts", contracts, map[string]string{"lb.Hidden": none}},
		{"services", services, map[string]string{"lb.TaskService": none}},
		{
			"functions", func(f folder) []string { return functions(f, "FarmService") },
			map[string]string{"lb.Silent": none, "lb.Unseen": none, "lb.FarmService_Get": none},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, exampleFaults([]folder{lb}, c.wanted)); diff != "" {
				t.Errorf("exampleFaults (-want +got):\n%s", diff)
			}
		})
	}
}
