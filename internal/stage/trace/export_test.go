package trace

// Shown lets tests say what a payload looks like in a step.
var Shown = shown
