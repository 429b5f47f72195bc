package io.github.backdoor4j.defenses;

/**
 * One channel of a batch normalisation: the unit that pruning defenses judge.
 *
 * @param layer name of the normalisation
 * @param index from 0
 */
record Channel(String layer, int index) {}
