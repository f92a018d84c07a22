// Package kubernetes has the one type that the provider takes from it.
package kubernetes

import "reflect"

// UntypedArgs are the fields of any object.
type UntypedArgs map[string]any

// ElementType makes them a pulumi.Input.
func (UntypedArgs) ElementType() reflect.Type { return reflect.TypeFor[map[string]any]() }
