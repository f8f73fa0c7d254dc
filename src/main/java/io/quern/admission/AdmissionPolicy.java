package io.quern.admission;

/**
 * What requests are taken by.
 *
 * @param queue how many may wait, and how long
 * @param migration how they go on once their worker is lost
 * @param prefix with whom they share what is computed of their prompts
 */
record AdmissionPolicy(AdmissionConfig queue, MigrationConfig migration, PrefixConfig prefix) {}
