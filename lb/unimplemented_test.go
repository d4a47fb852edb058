package lb_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/lbkit/lbkit/lb"
)

// errorOf finds the error among what a call returned: the last result, or what its list
// yields.
func errorOf(t *testing.T, results []reflect.Value) error {
	t.Helper()
	last := results[len(results)-1]
	if last.Type() == reflect.TypeFor[error]() {
		err, _ := last.Interface().(error)
		return err
	}
	var err error
	n := 0
	for _, e := range last.Seq2() {
		n++
		err, _ = e.Interface().(error)
	}
	if n != 1 {
		t.Errorf("the list yields %d times, want its error alone", n)
	}
	return err
}

// callZero calls method i of v with zero arguments.
func callZero(v reflect.Value, i int) []reflect.Value {
	method := v.Method(i)
	var args []reflect.Value
	for arg := range method.Type().NumIn() {
		args = append(args, reflect.Zero(method.Type().In(arg)))
	}
	if method.Type().IsVariadic() {
		return method.CallSlice(args)
	}
	return method.Call(args)
}

func TestUnimplementedServicesAnswerErrUnsupported(t *testing.T) {
	t.Parallel()
	p := lb.UnimplementedProvider{ProviderName: "cloud"}
	for name, service := range map[string]any{
		"loadbalancers": p.LoadBalancers(), "frontends": p.Frontends(), "backends": p.Backends(), "servers": p.Servers(),
		"filters": p.Filters(), "routes": p.Routes(), "certificates": p.Certificates(), "addresses": p.Addresses(),
		"operations": p.Operations(),
	} {
		v := reflect.ValueOf(service)
		if v.NumMethod() < 2 {
			t.Errorf("%s has %d methods", name, v.NumMethod())
		}
		for i := range v.NumMethod() {
			method := v.Type().Method(i).Name
			err := errorOf(t, callZero(v, i))
			unsupported, ok := errors.AsType[*lb.UnsupportedError](err)
			if !errors.Is(err, lb.ErrUnsupported) || !ok {
				t.Errorf("%s.%s answers %v, want ErrUnsupported", name, method, err)
				continue
			}
			feature := lb.Feature(name + "." + strings.ToLower(method[:1]) + method[1:])
			if unsupported.Feature != feature || unsupported.Provider != "cloud" {
				t.Errorf("%s.%s answers %v, want the feature %s of cloud", name, method, err, feature)
			}
		}
	}
}

func TestUnimplementedDialectRefusesEverything(t *testing.T) {
	t.Parallel()
	v := reflect.ValueOf(lb.UnimplementedProvider{ProviderName: "cloud"}.Dialect())
	if v.NumMethod() != 7 {
		t.Errorf("a Dialect has %d methods, and this test knows 7", v.NumMethod())
	}
	for i := range v.NumMethod() {
		err := errorOf(t, callZero(v, i))
		problems, ok := errors.AsType[lb.Problems](err)
		if !errors.Is(err, lb.ErrUnsupported) || !ok || len(problems) != 1 || !strings.HasPrefix(err.Error(), "cloud: ") {
			t.Errorf("%s answers %v, want Problems with ErrUnsupported", v.Type().Method(i).Name, err)
		}
	}
}

func TestUnimplementedProviderHasAName(t *testing.T) {
	t.Parallel()
	p := lb.UnimplementedProvider{ProviderName: "cloud"}
	if p.Name() != "cloud" || p.Capabilities().Provider != "cloud" || len(p.Capabilities().Features) != 0 {
		t.Errorf("Name() = %q, Capabilities() = %+v", p.Name(), p.Capabilities())
	}
}

// An interface that anybody could implement could not gain a method without breaking them.
func TestInterfacesAreSealed(t *testing.T) {
	t.Parallel()
	for _, sealed := range []reflect.Type{
		reflect.TypeFor[lb.Provider](), reflect.TypeFor[lb.Dialect](), reflect.TypeFor[lb.LoadBalancers](),
		reflect.TypeFor[lb.Frontends](), reflect.TypeFor[lb.Backends](), reflect.TypeFor[lb.Servers](),
		reflect.TypeFor[lb.Filters](), reflect.TypeFor[lb.Routes](), reflect.TypeFor[lb.Certificates](),
		reflect.TypeFor[lb.Addresses](), reflect.TypeFor[lb.Operations](),
	} {
		method, ok := sealed.MethodByName("mustEmbedUnimplemented" + sealed.Name())
		if !ok || method.IsExported() {
			t.Errorf("%s can be implemented without embedding lb.Unimplemented%s", sealed, sealed.Name())
		}
	}
}

func TestUnimplementedListIsRestartable(t *testing.T) {
	t.Parallel()
	list := lb.UnimplementedBackends{}.List(t.Context(), "lb-1", lb.ListOptions{})
	for range 2 {
		if got, err := lb.Collect(list); len(got) != 0 || !errors.Is(err, lb.ErrUnsupported) {
			t.Errorf("Collect = %v, %v", got, err)
		}
	}
}
