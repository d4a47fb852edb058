package doccheck

import (
	"go/ast"
	"go/doc"
	"strings"
)

// exampleFaults returns the names of folders that want an Example and have none that runs and is compared, by "folder.Name".
func exampleFaults(folders []folder, wanted func(folder) []string) map[string]string {
	faults := make(map[string]string)
	for _, f := range folders {
		shown := make(map[string]bool)
		for _, example := range doc.Examples(f.tests...) {
			shown[subject(example.Name)] = shown[subject(example.Name)] || example.Output != ""
			shown[owner(example.Name)] = shown[owner(example.Name)] || example.Output != ""
		}
		for _, name := range wanted(f) {
			if !shown[name] {
				faults[f.name+"."+name] = "no Example with an Output"
			}
		}
	}
	return faults
}

// subject is what an example is of: "Spec_Check" of ExampleSpec_Check_faults. A suffix begins in lower case.
func subject(example string) string {
	parts := strings.Split(example, "_")
	if len(parts) > 1 && !ast.IsExported(parts[1]) {
		return parts[0]
	}
	return strings.Join(parts[:min(len(parts), 2)], "_")
}

// owner is the type whose method, or the name that, an example is of. A service is shown by an example of one of its methods.
func owner(example string) string {
	name, _, _ := strings.Cut(example, "_")
	return name
}

// services are the exported service types of a client's package.
func services(f folder) []string {
	var names []string
	for _, spec := range typeSpecs(f.code) {
		if spec.Name.IsExported() && strings.HasSuffix(spec.Name.Name, "Service") {
			names = append(names, spec.Name.Name)
		}
	}
	return names
}

// contracts are the interfaces of lb that providers implement, which are those that are sealed.
func contracts(f folder) []string {
	var names []string
	for _, spec := range typeSpecs(f.code) {
		contract, ok := spec.Type.(*ast.InterfaceType)
		if !ok {
			continue
		}
		for _, method := range contract.Methods.List {
			if len(method.Names) == 1 && strings.HasPrefix(method.Names[0].Name, "mustEmbed") {
				names = append(names, spec.Name.Name)
			}
		}
	}
	return names
}

// functions are the exported functions of a package, and as "Type_Method" the exported methods of those of its types that are named.
func functions(f folder, types ...string) []string {
	var names []string
	for _, file := range f.code {
		for _, decl := range file.Decls {
			function, ok := decl.(*ast.FuncDecl)
			if !ok || !function.Name.IsExported() {
				continue
			}
			if function.Recv == nil {
				names = append(names, function.Name.Name)
				continue
			}
			for _, of := range types {
				if receiver(function) == of {
					names = append(names, of+"_"+function.Name.Name)
				}
			}
		}
	}
	return names
}

// receiver is the name of the type whose method a function is.
func receiver(function *ast.FuncDecl) string {
	if name, ok := element(function.Recv.List[0].Type).(*ast.Ident); ok {
		return name.Name
	}
	return ""
}
