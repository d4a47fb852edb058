package main

import (
	"fmt"
	"go/types"
	"slices"
	"strings"
)

// listing returns the exported API of p, sorted, one line each. A line is complete in itself, so that a change shows as itself alone, wherever
// in the source it was made.
func listing(p *types.Package) []string {
	l := lister{pkg: p}
	for _, name := range p.Scope().Names() {
		if object := p.Scope().Lookup(name); object.Exported() {
			l.object(object)
		}
	}
	slices.Sort(l.lines)
	return slices.Compact(l.lines)
}

type lister struct {
	pkg   *types.Package
	lines []string
}

func (l *lister) add(format string, args ...any) {
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

// text is a type as source in this package would spell it, with the names of other packages in front.
func (l *lister) text(t types.Type) string {
	return types.TypeString(t, l.qualifier)
}

func (l *lister) qualifier(p *types.Package) string {
	if p == l.pkg {
		return ""
	}
	return p.Name()
}

// signature is what follows func and the name.
func (l *lister) signature(t types.Type) string {
	return strings.TrimPrefix(l.text(t), "func")
}

func (l *lister) object(object types.Object) {
	switch object := object.(type) {
	case *types.Const:
		l.add("const %s %s = %s", object.Name(), l.text(object.Type()), object.Val().ExactString())
	case *types.Var:
		l.add("var %s %s", object.Name(), l.text(object.Type()))
	case *types.Func:
		l.add("func %s%s", object.Name(), l.signature(object.Type()))
	case *types.TypeName:
		l.typeName(object)
	}
}

func (l *lister) typeName(object *types.TypeName) {
	if object.IsAlias() {
		l.add("type %s = %s", object.Name(), l.text(types.Unalias(object.Type())))
		return
	}
	name := l.text(object.Type()) // with its type parameters
	switch under := object.Type().Underlying().(type) {
	case *types.Struct:
		l.add("type %s struct", name)
		l.fields(name, under)
		if !types.Comparable(under) && !generic(object.Type()) {
			l.add("type %s struct, not comparable", name)
		}
	case *types.Interface:
		l.iface(name, under)
		return // its methods are the interface's own
	default:
		l.add("type %s %s", name, l.text(under))
	}
	l.methods(name, object.Type())
}

// fields lists the exported fields of a struct, with their tags: what is marshalled is a promise too. The fields of an unexported struct that
// is embedded are reached under their own names, and belong to the outer type.
func (l *lister) fields(owner string, s *types.Struct) {
	for i := range s.NumFields() {
		field := s.Field(i)
		tag := s.Tag(i)
		if tag != "" {
			tag = " `" + tag + "`"
		}
		switch {
		case field.Exported() && field.Embedded():
			l.add("type %s struct, embedded %s%s", owner, l.text(field.Type()), tag)
		case field.Exported():
			l.add("type %s struct, %s %s%s", owner, field.Name(), l.text(field.Type()), tag)
		case field.Embedded():
			if inner, ok := pointee(field.Type()).Underlying().(*types.Struct); ok {
				l.fields(owner, inner)
			}
		}
	}
}

// generic reports whether t has type parameters, on which it depends whether its values can be compared.
func generic(t types.Type) bool {
	named, ok := t.(*types.Named)
	return ok && named.TypeParams().Len() > 0
}

func pointee(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

// iface lists an interface: a constraint whole, any other method by method. An unexported method is listed by name alone: it says that only
// types that embed one of this package's can implement the interface.
func (l *lister) iface(name string, i *types.Interface) {
	if !i.IsMethodSet() {
		l.add("type %s %s", name, l.text(i))
		return
	}
	l.add("type %s interface", name)
	for method := range i.Methods() {
		if method.Exported() {
			l.add("type %s interface, %s%s", name, method.Name(), l.signature(method.Type()))
		} else {
			l.add("type %s interface, sealed by %s", name, method.Name())
		}
	}
}

// methods lists what can be called on a value, or on a pointer where it takes one, what is promoted from embedded types included.
func (l *lister) methods(name string, t types.Type) {
	byValue := types.NewMethodSet(t)
	for selection := range types.NewMethodSet(types.NewPointer(t)).Methods() {
		method := selection.Obj()
		if !method.Exported() {
			continue
		}
		receiver := "*" + name
		if byValue.Lookup(method.Pkg(), method.Name()) != nil {
			receiver = name
		}
		l.add("method (%s) %s%s", receiver, method.Name(), l.signature(selection.Type()))
	}
}
