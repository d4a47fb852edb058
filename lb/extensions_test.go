package lb_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lbkit/lbkit/lb"
)

// cloudOptions and otherOptions are what provider packages export.
type cloudOptions struct {
	Zone   string         `json:"zone,omitzero"`
	Weight *int           `json:"weight,omitzero"`
	Rate   float64        `json:"rate,omitzero"`
	Nested *cloudNested   `json:"nested,omitzero"`
	Many   []cloudNested  `json:"many,omitzero"`
	ByName map[string]int `json:"byName,omitzero"`
	Wait   lb.Duration    `json:"wait,omitzero"`
	cloudEmbedded
}

type cloudNested struct {
	Deep string `json:"deep,omitzero"`
}

type cloudEmbedded struct {
	Promoted bool `json:"promoted,omitzero"`
	Untagged bool `json:",omitzero"`
}

func (cloudOptions) ExtensionProvider() string { return "cloud" }

type otherOptions struct {
	Text string `json:"text,omitzero"`
}

func (otherOptions) ExtensionProvider() string { return "other" }

// The types of extensions that cannot be: each is a mistake in a provider's package.
type (
	unmarshallable struct{ Func func() }
	noObject       string
	ownJSON        string
	noProvider     struct{}
)

func (unmarshallable) ExtensionProvider() string { return "cloud" }
func (noObject) ExtensionProvider() string       { return "cloud" }
func (ownJSON) ExtensionProvider() string        { return "cloud" }
func (o ownJSON) MarshalJSON() ([]byte, error)   { return []byte(o), nil }
func (noProvider) ExtensionProvider() string     { return "" }

func jsonOf(t *testing.T, v json.Marshaler) string {
	t.Helper()
	b, err := v.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func extensionsOf(t *testing.T, text string) lb.Extensions {
	t.Helper()
	var x lb.Extensions
	if err := json.Unmarshal([]byte(text), &x); err != nil {
		t.Fatal(err)
	}
	return x
}

func TestExtensionsHoldOnePerProvider(t *testing.T) {
	t.Parallel()
	x := lb.Extend(otherOptions{Text: "<&>"}, cloudOptions{Zone: "a"}, cloudOptions{Zone: "b"})
	if got, want := jsonOf(t, x), `{"cloud":{"zone":"b"},"other":{"text":"<&>"}}`; got != want {
		t.Errorf("JSON is %s, want %s", got, want)
	}
	if got := x.Providers(); !slices.Equal(got, []string{"cloud", "other"}) {
		t.Errorf("Providers() = %v", got)
	}
	y := x.With(otherOptions{Text: "y"})
	if got, want := jsonOf(t, y.Without("cloud")), `{"other":{"text":"y"}}`; got != want {
		t.Errorf("JSON is %s, want %s", got, want)
	}
	if got, want := jsonOf(t, x.Without("cloud")), `{"other":{"text":"<&>"}}`; got != want {
		t.Errorf("With changed what it was called on: %s, want %s", got, want)
	}
	if got := len(x.Providers()); got != 2 {
		t.Errorf("With or Without changed what it was called on: %v", x)
	}
}

func TestExtensionsWithoutSettingsAreNone(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]lb.Extensions{
		"zero":               {},
		"nothing":            lb.Extend(),
		"empty":              lb.Extend(otherOptions{}),
		"nil":                lb.Extend(nil),
		"nil pointer":        lb.Extend((*otherOptions)(nil)),
		"replaced by empty":  lb.Extend(otherOptions{Text: "a"}, otherOptions{}),
		"taken away":         lb.Extend(otherOptions{Text: "a"}).Without("other"),
		"read":               extensionsOf(t, `{}`),
		"read with empty":    extensionsOf(t, `{"other": {}}`),
		"null":               extensionsOf(t, `null`),
		"without the absent": lb.Extensions{}.Without("other"),
	} {
		if !x.IsZero() || !x.Equal(lb.Extensions{}) || jsonOf(t, x) != "{}" || len(x.Providers()) != 0 {
			t.Errorf("%s: %v is not zero", name, x)
		}
		if _, ok, err := lb.ExtensionOf[otherOptions](x); ok || err != nil {
			t.Errorf("%s: ExtensionOf = %t, %v; want none", name, ok, err)
		}
		b, err := json.Marshal(lb.ServerSpec{Extensions: x})
		if err != nil || strings.Contains(string(b), "extensions") {
			t.Errorf("%s: a spec with it is %s, %v; want no extensions", name, b, err)
		}
	}
}

func TestExtensionsAreCanonical(t *testing.T) {
	t.Parallel()
	x := extensionsOf(t, ` { "z" : {"b": [ 1.50, 1e3, -0 ], "a" : {"d":null,"c":true} },
		"a": {"text": "\u003c\u00e9\/"} } `)
	want := `{"a":{"text":"<é/"},"z":{"a":{"c":true,"d":null},"b":[1.50,1e3,-0]}}`
	if got := jsonOf(t, x); got != want {
		t.Errorf("JSON is %s, want %s", got, want)
	}
	if got := x.String(); got != want {
		t.Errorf("String() = %s, want %s", got, want)
	}
	if y := extensionsOf(t, want); !x.Equal(y) || !y.Equal(x) {
		t.Errorf("%v and %v are not equal", x, y)
	}
	if y := extensionsOf(t, strings.Replace(want, "1.50", "1.5", 1)); x.Equal(y) {
		t.Error("1.50 and 1.5 are equal: a number is not kept as it was written")
	}
	if y := x.Without("a"); x.Equal(y) || y.Equal(x) {
		t.Errorf("%v and %v are equal", x, y)
	}
}

func TestExtensionsAreTheSameFromCodeAndFile(t *testing.T) {
	t.Parallel()
	weight := 0
	code := lb.Extend(cloudOptions{Zone: "a", Weight: &weight, Rate: 0.1, ByName: map[string]int{"z": 1, "a": 2}})
	file := extensionsOf(t, `{"cloud": {"byName": {"a": 2, "z": 1}, "zone": "a", "rate": 0.1, "weight": 0}}`)
	if !code.Equal(file) {
		t.Errorf("%v from code and %v from a file are not equal", code, file)
	}
}

func TestExtensionsShareNothingWithWhatTheyWereMadeOf(t *testing.T) {
	t.Parallel()
	weight := 1
	options := &cloudOptions{Weight: &weight, Many: []cloudNested{{Deep: "a"}}}
	x := lb.Extend(options)
	before := x.String()
	weight, options.Many[0].Deep = 2, "b"
	if got := x.String(); got != before {
		t.Errorf("a change of the options changed the extension: %s, was %s", got, before)
	}
}

func TestExtensionsRefuseJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`[]`, `"a"`, `1`, `true`,
		`{"cloud": null}`, `{"cloud": []}`, `{"cloud": "a"}`, `{"cloud": 1}`,
		`{"": {}}`,
		`{"cloud": {}, "cloud": {"zone": "a"}}`,
		`{"cloud": {"zone": "a", "zone": "b"}}`,
		`{"cloud": {"nested": {"deep": 1, "deep": 1}}}`,
		`{"cloud": {"many": [{"deep": "", "deep": ""}]}}`,
		"{\"cloud\": {\"zone\": \"\xff\"}}",
	} {
		x := lb.Extend(otherOptions{Text: "a"})
		if err := json.Unmarshal([]byte(text), &x); err == nil {
			t.Errorf("json.Unmarshal(%s) is accepted as %v", text, x)
		}
		if got := jsonOf(t, x); got != `{"other":{"text":"a"}}` {
			t.Errorf("after %s was refused there is %s, want what was there", text, got)
		}
	}
	for _, text := range []string{``, `{`, `{}{}`, `{"a":{}} x`, strings.Repeat("[", 1<<20)} {
		if err := new(lb.Extensions).UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("UnmarshalJSON(%.20s) is accepted", text)
		}
	}
}

func TestExtensionsUnmarshalReplaces(t *testing.T) {
	t.Parallel()
	x := lb.Extend(otherOptions{Text: "a"})
	if err := json.Unmarshal([]byte(`{"cloud":{"zone":"b"}}`), &x); err != nil {
		t.Fatal(err)
	}
	if got, want := jsonOf(t, x), `{"cloud":{"zone":"b"}}`; got != want {
		t.Errorf("JSON is %s, want %s", got, want)
	}
}

func TestExtensionOfReadsItsOwn(t *testing.T) {
	t.Parallel()
	weight := 3
	want := cloudOptions{
		Zone: "a", Weight: &weight, Rate: 1.5, Nested: &cloudNested{Deep: "b"},
		Many: []cloudNested{{Deep: "c"}}, ByName: map[string]int{"d": 1}, Wait: 5e9,
		cloudEmbedded: cloudEmbedded{Promoted: true, Untagged: true},
	}
	x := lb.Extend(want, otherOptions{Text: "other"})
	got, ok, err := lb.ExtensionOf[cloudOptions](x)
	if err != nil || !ok {
		t.Fatalf("ExtensionOf = %t, %v", ok, err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(cloudOptions{})); diff != "" {
		t.Error(diff)
	}
	pointer, ok, err := lb.ExtensionOf[*cloudOptions](x)
	if err != nil || !ok {
		t.Fatalf("ExtensionOf a pointer = %t, %v", ok, err)
	}
	if diff := cmp.Diff(&want, pointer, cmp.AllowUnexported(cloudOptions{})); diff != "" {
		t.Error(diff)
	}
	if pointer, ok, err := lb.ExtensionOf[*otherOptions](lb.Extensions{}); pointer != nil || ok || err != nil {
		t.Errorf("ExtensionOf a pointer without an extension = %v, %t, %v", pointer, ok, err)
	}
}

func TestExtensionOfIsStrict(t *testing.T) {
	t.Parallel()
	for document, wantPath := range map[string]string{
		`{"nope": 1}`:                      `extensions.cloud: unknown key "nope"`,
		`{"ZONE": "a"}`:                    `extensions.cloud: unknown key "ZONE"`,
		`{"Zone": "a", "zone": "b"}`:       `extensions.cloud: unknown key "Zone"`,
		`{"cloudEmbedded": {}}`:            `extensions.cloud: unknown key "cloudEmbedded"`,
		`{"nested": {"Deep": "a"}}`:        `extensions.cloud.nested: unknown key "Deep"`,
		`{"many": [{}, {"nope": "a"}]}`:    `extensions.cloud.many[1]: unknown key "nope"`,
		`{"many": {"deep": "a"}}`:          `extensions.cloud.many: must be an array`,
		`{"nested": ["a"]}`:                `extensions.cloud.nested: must be an object`,
		`{"zone": 1}`:                      `extensions.cloud: `,
		`{"weight": 1.5}`:                  `extensions.cloud: `,
		`{"weight": 99999999999999999999}`: `extensions.cloud: `,
		`{"wait": "soon"}`:                 `extensions.cloud: `,
		`{"byName": {"a": "b"}}`:           `extensions.cloud: `,
	} {
		x := extensionsOf(t, `{"cloud": `+document+`, "other": {"what": "is not ours"}}`)
		got, ok, err := lb.ExtensionOf[cloudOptions](x)
		if !ok || !errors.Is(err, lb.ErrInvalid) {
			t.Errorf("ExtensionOf %s = %+v, %t, %v; want ErrInvalid", document, got, ok, err)
			continue
		}
		if !strings.HasPrefix(err.Error(), wantPath) {
			t.Errorf("ExtensionOf %s: %q does not begin with %q", document, err, wantPath)
		}
	}
}

func TestExtensionOfAnInterfaceIsRefused(t *testing.T) {
	t.Parallel()
	if _, ok, err := lb.ExtensionOf[lb.Extension](lb.Extend(otherOptions{Text: "a"})); ok || !errors.Is(err, lb.ErrInvalid) {
		t.Errorf("ExtensionOf an interface = %t, %v; want ErrInvalid", ok, err)
	}
}

func TestExtendKeepsWhatCannotBeAsAnError(t *testing.T) {
	t.Parallel()
	for name, extension := range map[string]lb.Extension{
		"does not marshal": unmarshallable{},
		"not a number":     cloudOptions{Rate: math.NaN()},
		"no object":        noObject("a"),
		"no UTF-8 in JSON": ownJSON("{\"a\":\"\xff\"}"),
		"no UTF-8":         cloudOptions{Nested: &cloudNested{Deep: `\\` + "\xff"}},
	} {
		x := lb.Extend(otherOptions{Text: "a"}, extension)
		if _, ok, err := lb.ExtensionOf[cloudOptions](x); !ok || !errors.Is(err, lb.ErrInvalid) {
			t.Errorf("%s: ExtensionOf = %t, %v; want ErrInvalid", name, ok, err)
		}
		if b, err := x.MarshalJSON(); !errors.Is(err, lb.ErrInvalid) {
			t.Errorf("%s: MarshalJSON() = %s, %v; want ErrInvalid", name, b, err)
		}
		if got := fmt.Sprint(x); !strings.Contains(got, "extensions.cloud: ") {
			t.Errorf("%s: printed as %s, want the path", name, got)
		}
		if x.IsZero() || x.Equal(lb.Extend(otherOptions{Text: "a"})) {
			t.Errorf("%s: the extension is gone", name)
		}
		if got, ok, err := lb.ExtensionOf[otherOptions](x); got.Text != "a" || !ok || err != nil {
			t.Errorf("%s: another provider's extension = %v, %t, %v; want it as it is", name, got, ok, err)
		}
		if got := jsonOf(t, x.With(cloudOptions{}).Without("other")); got != "{}" {
			t.Errorf("%s: replaced, it is %s", name, got)
		}
	}
	for _, text := range []string{"\ufffd", `\ufffd`, `\\\ufffd`} { // UTF-8 as it is
		if got, _, err := lb.ExtensionOf[cloudOptions](lb.Extend(cloudOptions{Nested: &cloudNested{Deep: text}})); err != nil || got.Nested.Deep != text {
			t.Errorf("%q is read back as %+v, %v", text, got.Nested, err)
		}
	}
	if b, err := lb.Extend(noProvider{}).MarshalJSON(); !errors.Is(err, lb.ErrInvalid) {
		t.Errorf("an extension of no provider marshals to %s, %v; want ErrInvalid", b, err)
	}
}
