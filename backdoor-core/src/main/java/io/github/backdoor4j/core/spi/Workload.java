package io.github.backdoor4j.core.spi;

/**
 * How much data a defense will meet, for an estimate of its cost.
 *
 * @param trainingImages images of the training set
 * @param holdoutImages images of the clean holdout
 * @param runtimeInputs inputs at run time, triggered ones included
 * @param classes K
 * @param victimEpochs epochs by which a model of this kind is trained
 */
public record Workload(
    int trainingImages, int holdoutImages, int runtimeInputs, int classes, int victimEpochs) {

  private static final int BENCHMARK_EPOCHS = 100;

  /** One whose victims are trained for the benchmark's 100 epochs. */
  public Workload(int trainingImages, int holdoutImages, int runtimeInputs, int classes) {
    this(trainingImages, holdoutImages, runtimeInputs, classes, BENCHMARK_EPOCHS);
  }
}
