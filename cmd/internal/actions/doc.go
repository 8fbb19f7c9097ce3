// Package actions renders small synthetic action clips: a textured shape that moves over a drifting textured
// background. It draws pixels in plain Go and never encodes, decodes or stores them.
//
// # What an action is
//
// The state of the shape is a point on a torus: four cyclic factors (x, y, angle, size), each a
// phase in [0, 1). An action class is a velocity on that torus, or two of them one after the other, see [Motion]. Every clip
// starts at a state drawn uniformly, whatever its class, and the uniform distribution does not change on the way.
// Two things follow:
//
//   - a single frame, at any position of a clip, has the same distribution in every class of a set; one frame says
//     nothing about the action;
//   - the classes come in pairs with opposite velocities, so that a clip of one class shown backwards is a clip of the
//     other; the frames of a clip without their order cannot tell the two classes of a pair apart. A model that
//     ignores order is right at most half of the time.
//
// Backgrounds drift with a velocity whose direction is uniform and independent of the class, which keeps both
// properties.
//
// # Determinism and concurrency
//
// A clip is a function of (seed, set, index, class, frame size): the same arguments give the same bytes. A [Scene] is
// read-only after [Set.Scene] returns; [Scene.Render] may be called for several frames at once with separate buffers.
package actions
