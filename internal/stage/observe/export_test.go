package observe

// ShownText lets tests say what a payload looks like in an event.
var ShownText = shown
