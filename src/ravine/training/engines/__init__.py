"""How the losses of a step are computed: engines that agree but for rounding."""
