package io.github.backdoor4j.models;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.testkit.ArchitectureContract;

class MobileNetV3LargeTest implements ArchitectureContract<MobileNetV3Large.Options> {

  @Override
  public MobileNetV3Large strategy() {
    return new MobileNetV3Large();
  }

  @Override
  public MobileNetV3Large.Options options(DatasetSpec data) {
    return NarrowNetworks.options(strategy(), data);
  }
}
