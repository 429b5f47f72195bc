package io.github.backdoor4j.core.spi;

/**
 * How much data a defense will meet, for an estimate of its cost.
 *
 * @param trainingImages images of the training set
 * @param holdoutImages images of the clean holdout
 * @param runtimeInputs inputs at run time, triggered ones included
 * @param classes K
 */
public record Workload(int trainingImages, int holdoutImages, int runtimeInputs, int classes) {}
