package topology

import (
	_ "embed"
	"slices"
)

//go:generate go test -run TestSchemaIsCurrent -update-schema .

//go:embed schema.json
var schemaFile []byte

// Schema returns the JSON Schema (draft 2020-12) of what Decode reads, for editors and
// for checks outside of Go. It is generated from the types of this package, and the
// same in every program that has the same version. Callers may change the slice.
//
// It is stricter than Decode in one thing: it lists the values of enums that this
// version knows, while Decode leaves others to [Spec.Check].
func Schema() []byte { return slices.Clone(schemaFile) }
