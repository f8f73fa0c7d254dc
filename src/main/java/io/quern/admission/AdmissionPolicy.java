package io.quern.admission;

/**
 * The configured rules of admission.
 *
 * @param queue how many requests may wait, and how long
 * @param migration how requests resume after their worker was lost
 * @param prefix which requests may reuse a computed prompt prefix
 * @param tokenize the limits of questions about the vocabulary
 */
record AdmissionPolicy(
        AdmissionConfig queue, MigrationConfig migration, PrefixConfig prefix, TokenizeConfig tokenize) {}
