#include "scar/apps/run.h"

int main(int argc, char** argv) { return scar::apps::run(argc, argv, scar::apps::probe); }
